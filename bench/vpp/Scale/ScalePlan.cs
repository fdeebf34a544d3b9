using System.Net;

namespace KubeProxy.Bench.Vpp.Scale;

/// <summary>What is loaded: services of 10.64.0.0/10 on TCP port 80, with pods of 10.128.0.0/9.</summary>
internal sealed record ScaleOptions(IReadOnlyList<int> Services, int Changes, int Addresses, int Workers)
{
    public const int PodsEach = 4;
    private const uint Vips = 0x0A40_0000;
    private const uint Pods = 0x0A80_0000;
    private const uint ExtraPod = 0x0AFF_FFF0;

    /// <summary>The lines that add services from one number up to another.</summary>
    public IEnumerable<string> Load(int from, int to)
    {
        for (int i = from; i < to; i++)
        {
            yield return $"ku vip {Address(Vips, i)} port 80 protocol tcp target_port 8080";
            yield return $"ku pod {Address(Vips, i)} port 80 protocol tcp {string.Join(' ', Enumerable.Range(i * PodsEach, PodsEach).Select(Pod))}";
        }
    }

    /// <summary>The lines that add a fifth pod to a service and remove it again, over and over, through services in even steps.</summary>
    public IEnumerable<string> ChangeLines(int services)
    {
        for (int i = 0; i < Changes; i++)
        {
            string line = $"ku pod {Address(Vips, (int)((long)i * services / Changes))} port 80 protocol tcp {Address(ExtraPod, 0)}";
            yield return line;
            yield return $"{line} del";
        }
    }

    private string Pod(int number) => Address(Pods, Addresses == 0 ? number : number % Addresses);

    private static string Address(uint first, int number) =>
        new IPAddress([(byte)((first + number) >> 24), (byte)((first + number) >> 16), (byte)((first + number) >> 8), (byte)(first + number)]).ToString();
}
