using KubeProxy.Fuzz.Engine;
using KubeProxy.Fuzz.Packets;
using KubeProxy.Fuzz.Planted;

namespace KubeProxy.Fuzz.Targets;

/// <summary>How a planted fault shows.</summary>
internal enum PlantedFault
{
    /// <summary>A check finds it.</summary>
    Wrong,

    /// <summary>A byte behind the packet is read.</summary>
    OverRead,

    /// <summary>The code does not come back.</summary>
    Hang,
}

/// <summary>A fault that is there, to be found: the fuzzer's own test.</summary>
internal sealed unsafe class PlantedTarget(PlantedFault fault) : IFuzzTarget
{
    private readonly PacketRoom _room = new();

    public InputShape Shape => InputShape.Bytes;

    public IReadOnlyList<byte[]> Seeds => [new byte[8]];

    public IReadOnlyList<byte[]> Words => [];

    public void Run(ReadOnlySpan<byte> input)
    {
        ReadOnlySpan<byte> bytes = input[..Math.Min(input.Length, Record.MaxBytes)];
        byte* start = _room.Put(bytes, headroomBytes: 0);
        if (!PlantedCode.IsReached(bytes)) return;
        if (fault == PlantedFault.Wrong) throw new FindingException("the planted fault");
        if (fault == PlantedFault.Hang) PlantedCode.Hang();
        GC.KeepAlive(PlantedCode.ReadTooFar(start, bytes.Length));
    }

    public void Dispose() => _room.Dispose();
}
