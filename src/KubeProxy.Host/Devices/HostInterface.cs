using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using KubeProxy.Host.Border;
using KubeProxy.Host.Ip;
using KubeProxy.Host.Vlib;
using KubeProxy.Host.Vnet;

namespace KubeProxy.Host.Devices;

/// <summary>
/// A Linux network device (one end of a veth pair) over an AF_PACKET socket. What the kernel left to a network card, the
/// transport checksum of packets from the same machine, is completed here.
/// </summary>
internal sealed unsafe class HostInterface : ITransmitter
{
    private const ushort AllProtocols = 3;
    private const uint ChecksumNotReady = 1 << 3;
    private const int AddressBytes = 20;
    private const int ControlBytes = 64;
    private const int ControlHeaderBytes = 16;
    private const int FrameBytes = 65536;

    private readonly byte[] _frame = GC.AllocateUninitializedArray<byte>(FrameBytes, pinned: true);

    private HostInterface(int socket)
    {
        Socket = socket;
    }

    internal int Socket { get; }

    internal Interface Interface { get; set; } = null!;

    /// <exception cref="Cli.CliException">The device does not exist, or may not be opened.</exception>
    internal static HostInterface Open(string device)
    {
        uint index;
        fixed (byte* name = Encoding.UTF8.GetBytes(device + '\0'))
            index = LibC.IfNameToIndex(name);
        if (index == 0)
            throw new Cli.CliException($"no network device \"{device}\": {LibC.LastErrorText}");
        int type = LibC.SockRaw | LibC.SockNonBlock | LibC.SockCloseOnExec;
        int socket = LibC.Socket(LibC.AfPacket, type, BinaryPrimitives.ReverseEndianness(AllProtocols));
        if (socket < 0)
            throw new Cli.CliException($"packet socket: {LibC.LastErrorText}");
        int on = 1;
        byte* address = stackalloc byte[AddressBytes];
        new Span<byte>(address, AddressBytes).Clear();
        *(ushort*)address = LibC.AfPacket;
        *(ushort*)(address + 2) = BinaryPrimitives.ReverseEndianness(AllProtocols);
        *(uint*)(address + 4) = index;
        bool ready = LibC.SetSockOpt(socket, LibC.SolPacket, LibC.PacketAuxData, &on, sizeof(int)) == 0
            && LibC.SetSockOpt(socket, LibC.SolPacket, LibC.PacketIgnoreOutgoing, &on, sizeof(int)) == 0
            && LibC.Bind(socket, address, AddressBytes) == 0;
        if (ready)
            return new HostInterface(socket);
        string reason = LibC.LastErrorText;
        LibC.Close(socket);
        throw new Cli.CliException($"packet socket on {device}: {reason}");
    }

    /// <summary>Takes in what the socket holds, one frame's worth at most.</summary>
    internal void Poll(Nodes.InputNode input)
    {
        for (int i = 0; i < Dispatcher.FrameSize; i++)
        {
            int bytes = Receive(out bool needsChecksum);
            if (bytes <= 0)
                return;
            Span<byte> frame = _frame.AsSpan(0, bytes);
            if (needsChecksum)
                TransportChecksum.Complete(frame);
            input.TryReceive(Interface, frame);
        }
    }

    private int Receive(out bool needsChecksum)
    {
        byte* control = stackalloc byte[ControlBytes];
        LibC.IoVec vector = new() { Base = (byte*)Unsafe.AsPointer(ref _frame[0]), Length = FrameBytes };
        LibC.MsgHdr message = new() { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = ControlBytes };
        int bytes = (int)LibC.RecvMsg(Socket, &message, LibC.MsgDontWait);
        needsChecksum = bytes > 0 && HasChecksumNotReady(control, (int)message.ControlLength);
        return bytes;
    }

    /// <summary>cmsghdr is { size_t len; int level; int type; } and then struct tpacket_auxdata, whose first word is the status.</summary>
    private static bool HasChecksumNotReady(byte* control, int bytes) =>
        bytes >= ControlHeaderBytes + sizeof(uint)
        && *(int*)(control + 8) == LibC.SolPacket
        && *(int*)(control + 12) == LibC.PacketAuxData
        && (*(uint*)(control + ControlHeaderBytes) & ChecksumNotReady) != 0;

    public bool TrySend(ReadOnlySpan<byte> frame)
    {
        fixed (byte* bytes = frame)
            return LibC.Send(Socket, bytes, (nuint)frame.Length, LibC.MsgNoSignal) == frame.Length;
    }

    public void Flush()
    {
    }
}
