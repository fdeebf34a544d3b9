using System.CommandLine;

namespace KubeProxy.Bench.Vpp;

/// <summary><c>allocations</c>: packets through all four nodes in a real VPP must not allocate managed memory nor collect garbage.</summary>
internal static class AllocationsCommand
{
    private static readonly Option<long> Packets = new("--packets") { Description = "Packets through the nodes in all.", DefaultValueFactory = _ => 10_000_000 };

    public static Command Create()
    {
        Command command = new("allocations", "Sends packets through all four nodes: managed bytes allocated and collections must stay zero.") { Packets };
        command.SetAction(line => new AllocationGate(line.GetValue(Packets)).Run());
        return command;
    }
}
