using KubeProxy.Core.Tests.Pipeline;
using KubeProxy.Fuzz.Engine;
using KubeProxy.Fuzz.Packets;

namespace KubeProxy.Fuzz.Targets;

/// <summary>A target whose inputs are packets.</summary>
internal interface IPacketTarget : IFuzzTarget
{
    /// <summary>Told of every packet before it goes in.</summary>
    Action<Step>? Observer { get; set; }

    /// <summary>The family of a packet as it comes.</summary>
    IpFamily FamilyOf(Step step);
}
