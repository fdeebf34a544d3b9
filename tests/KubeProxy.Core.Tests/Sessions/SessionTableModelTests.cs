using CsCheck;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Tests.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Sessions;

/// <summary>
/// Random histories of a small table against <see cref="SessionModel{TSession,TFlow}"/>: a dictionary with seconds that
/// never wrap.
/// </summary>
public abstract class SessionTableModelTests<TFamily, TSession, TFlow>(IpFamily family)
    where TFamily : struct, IIpFamily<TFlow, TSession>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    /// <summary>Timeouts with ticks of one second and of several, and one of a single second.</summary>
    public static TheoryData<uint, uint> Timeouts => new() { { 100, 1000 }, { 1, 250 }, { 251, 7440 }, { 40, 1_000_000 } };

    [Theory]
    [MemberData(nameof(Timeouts))]
    public void ATableIsADictionaryWithTimeouts(uint udpTimeout, uint tcpTimeout)
    {
        Gen<Step> steps = Gen.Select(Gen.Enum<StepKind>(), Gen.Int[0, 47], Gen.Int[0, 1000]).Select((kind, flow, amount) => new Step(kind, flow, amount));
        steps.Array[1, 120].Sample(
            history =>
            {
                using var model = new SessionModel<TSession, TFlow>(family, udpTimeout, tcpTimeout, TableOf);
                foreach (Step step in history)
                {
                    model.Do(step);
                    model.Check();
                }
            },
            iter: 80,
            print: history => string.Join('\n', history));
    }

    private static unsafe nint TableOf(nint worker) => (nint)TFamily.Sessions((Worker*)worker);
}

public sealed class Ip4SessionTableModelTests() : SessionTableModelTests<Ip4Family, Ip4Session, Ip4Flow>(IpFamily.Ip4);

public sealed class Ip6SessionTableModelTests() : SessionTableModelTests<Ip6Family, Ip6Session, Ip6Flow>(IpFamily.Ip6);
