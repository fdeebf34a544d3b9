using KubeProxy.Core.Pipeline;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>
/// Native memory for one frame of packets. Each packet has pages of its own between two that may not be touched, and
/// ends (or starts) at such a border: one byte read or written outside ends the process, and what lies between the
/// packet and the other border is poison that is looked at afterwards.
/// <code>
///   | forbidden | poison ........... packet | forbidden |
/// </code>
/// </summary>
public sealed unsafe class PacketArena : IDisposable
{
    private const int RoomBytes = Pages.PageBytes;
    private const int StrideBytes = RoomBytes + Pages.PageBytes;
    private const byte Poison = 0xA5;

    private readonly byte* _start;
    private readonly byte*[] _packet = new byte*[PacketBatch.Capacity];
    private readonly int[] _length = new int[PacketBatch.Capacity];

    public PacketArena()
    {
        _start = Pages.TryMap(LengthBytes, PageAccess.None);
        if (_start == null) throw new InsufficientMemoryException("no address space for packets");
        for (int i = 0; i < PacketBatch.Capacity; i++)
            Pages.Protect(Room(i), RoomBytes, PageAccess.ReadWrite);
    }

    /// <summary>True to let packets start at the border instead of ending there.</summary>
    public bool PlacesAtStart { get; set; }

    private static nuint LengthBytes => ((nuint)PacketBatch.Capacity * StrideBytes) + Pages.PageBytes;

    /// <summary>Puts a packet into its place and says where it lies.</summary>
    public byte* Put(int place, ReadOnlySpan<byte> bytes)
    {
        var room = new Span<byte>(Room(place), RoomBytes);
        room.Fill(Poison);
        int offset = PlacesAtStart ? 0 : RoomBytes - bytes.Length;
        bytes.CopyTo(room[offset..]);
        _packet[place] = Room(place) + offset;
        _length[place] = bytes.Length;
        return _packet[place];
    }

    /// <summary>The packet as it is now; the memory beside it must be as it was.</summary>
    public byte[] Take(int place)
    {
        var room = new ReadOnlySpan<byte>(Room(place), RoomBytes);
        var offset = (int)(_packet[place] - Room(place));
        if (room[..offset].ContainsAnyExcept(Poison) || room[(offset + _length[place])..].ContainsAnyExcept(Poison))
            throw new InvalidOperationException($"bytes beside packet {place} were written");
        return room.Slice(offset, _length[place]).ToArray();
    }

    public void Dispose() => Pages.Unmap(_start, LengthBytes);

    private byte* Room(int place) => _start + Pages.PageBytes + ((nint)place * StrideBytes);
}
