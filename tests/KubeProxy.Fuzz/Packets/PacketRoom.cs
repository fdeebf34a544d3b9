using KubeProxy.Core.Tests.Pipeline;
using KubeProxy.Fuzz.Engine;

namespace KubeProxy.Fuzz.Packets;

/// <summary>
/// Native memory for one packet between two pages that may not be touched: one byte read or written beyond its border ends the process. What lies
/// between the packet's room and the other border is poison that is looked at afterwards.
/// <code>
///   | forbidden | poison .......... headroom | packet | forbidden |
///   | forbidden | headroom | packet | poison .......... | forbidden |
/// </code>
/// </summary>
internal sealed unsafe class PacketRoom : IDisposable
{
    public const int RoomBytes = Pages.PageBytes;
    private const byte Poison = 0xA5;
    private const byte HeadroomByte = 0x5A;
    private const nuint MappedBytes = 3 * RoomBytes;

    private readonly byte* _map;
    private int _from;
    private int _lengthBytes;
    private int _headroomBytes;

    public PacketRoom()
    {
        _map = Pages.TryMap(MappedBytes, PageAccess.None);
        if (_map == null) throw new InsufficientMemoryException("no address space for a packet");
        Pages.Protect(_map + RoomBytes, RoomBytes, PageAccess.ReadWrite);
    }

    /// <summary>First byte of the packet as it was put.</summary>
    public byte* Start => _map + RoomBytes + _from;

    /// <summary>The packet as it was put.</summary>
    public byte[] Before { get; private set; } = [];

    /// <summary>The bytes where the packet was put, as they are now.</summary>
    public ReadOnlySpan<byte> Now => new(Start, _lengthBytes);

    /// <summary>Puts a packet at the end of the room, or with its headroom at the start.</summary>
    public byte* Put(ReadOnlySpan<byte> packet, int headroomBytes, bool isAtStart = false)
    {
        var room = new Span<byte>(_map + RoomBytes, RoomBytes);
        room.Fill(Poison);
        (_lengthBytes, _headroomBytes) = (packet.Length, headroomBytes);
        _from = isAtStart ? headroomBytes : RoomBytes - packet.Length;
        room.Slice(_from - headroomBytes, headroomBytes).Fill(HeadroomByte);
        packet.CopyTo(room[_from..]);
        Before = packet.ToArray();
        return Start;
    }

    /// <summary>Nothing beside packet and headroom has changed.</summary>
    public void CheckBorders()
    {
        var room = new ReadOnlySpan<byte>(_map + RoomBytes, RoomBytes);
        if (room[..(_from - _headroomBytes)].ContainsAnyExcept(Poison)) throw new FindingException("bytes in front of the headroom were written");
        if (room[(_from + _lengthBytes)..].ContainsAnyExcept(Poison)) throw new FindingException("bytes behind the packet were written");
    }

    /// <summary>Neither the packet nor its headroom has changed.</summary>
    public void CheckUntouched(string why)
    {
        var headroom = new ReadOnlySpan<byte>(Start - _headroomBytes, _headroomBytes);
        if (!Now.SequenceEqual(Before) || headroom.ContainsAnyExcept(HeadroomByte)) throw new FindingException($"{why}: the packet was changed");
    }

    /// <summary>Bytes of the room, which must lie in packet or headroom.</summary>
    public ReadOnlySpan<byte> Slice(byte* start, uint lengthBytes)
    {
        bool isInside = start >= Start - _headroomBytes && start + lengthBytes <= Start + _lengthBytes;
        return isInside ? new ReadOnlySpan<byte>(start, (int)lengthBytes) : throw new FindingException("the packet now lies outside of its room");
    }

    public void Dispose() => Pages.Unmap(_map, MappedBytes);
}
