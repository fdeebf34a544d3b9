using System.Buffers.Binary;
using System.Globalization;

namespace KubeProxy.Testbed.Hosts;

/// <summary>
/// A VPP's clock set forward or back. VPP's command <c>set clock adjust</c> knows only forward, and takes no notice of a negative number: so the
/// offset that VPP adds to the processor's time is changed in its memory, for each of its threads.
/// </summary>
public static class VppClock
{
    /// <summary>Where a thread's main structure has the offset, in bytes (vlib/main.h of 26.06: <c>time_offset</c>).</summary>
    private const int OffsetAt = 80;
    private const double MostSeconds = 1e6;

    /// <summary>Moves it by so many seconds; VPP must be idle.</summary>
    public static void Move(VppHost host, double seconds)
    {
        ArgumentNullException.ThrowIfNull(host);
        using FileStream memory = new($"/proc/{host.Pid}/mem", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        long mains = BinaryPrimitives.ReadInt64LittleEndian(Read(memory, AddressOfMains(host)));
        for (int thread = 0; thread <= host.WorkerCount; thread++)
        {
            long place = BinaryPrimitives.ReadInt64LittleEndian(Read(memory, mains + (thread * sizeof(long)))) + OffsetAt;
            byte[] offset = Read(memory, place);
            double before = BinaryPrimitives.ReadDoubleLittleEndian(offset);
            if (!(Math.Abs(before) < MostSeconds))
                throw new TestbedException($"{before} is no offset of a clock");
            BinaryPrimitives.WriteDoubleLittleEndian(offset, before + seconds);
            memory.Position = place;
            memory.Write(offset);
        }
    }

    /// <summary>Of the variable whose first field is the list of the threads' structures.</summary>
    private static long AddressOfMains(VppHost host)
    {
        string[] words = File.ReadLines($"/proc/{host.Pid}/maps")
            .First(line => line.Contains("/libvlib.so.", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string symbol = Tool.Run("nm", "-D", "--defined-only", words[^1]).Split('\n').Single(line => line.EndsWith(" vlib_global_main", StringComparison.Ordinal));
        return long.Parse(words[0].Split('-')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture)
            + long.Parse(symbol.Split(' ')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    private static byte[] Read(FileStream memory, long place)
    {
        byte[] bytes = new byte[sizeof(long)];
        memory.Position = place;
        memory.ReadExactly(bytes);
        return bytes;
    }
}
