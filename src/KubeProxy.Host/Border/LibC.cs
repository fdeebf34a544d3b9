using System.Runtime.InteropServices;

namespace KubeProxy.Host.Border;

/// <summary>The C library's functions that the host calls itself, and their constants on Linux.</summary>
internal static unsafe partial class LibC
{
    internal const int RtldLazy = 1;
    internal const int AfUnix = 1;
    internal const int AfPacket = 17;
    internal const int SockStream = 1;
    internal const int SockRaw = 3;
    internal const int SockNonBlock = 0x800;
    internal const int SockCloseOnExec = 0x80000;
    internal const int SolPacket = 263;
    internal const int SolSocket = 1;
    internal const int SendTimeout = 21;
    internal const int PacketAuxData = 8;
    internal const int PacketIgnoreOutgoing = 23;
    internal const int MsgTrunc = 0x20;
    internal const int MsgDontWait = 0x40;
    internal const int MsgNoSignal = 0x4000;
    internal const int Interrupted = 4;
    internal const int WouldBlock = 11;
    internal const short PollIn = 1;
    internal const short PollHangUp = 0x10;

    private const string Library = "libc";

    internal struct PollFd
    {
        public int Fd;
        public short Events;
        public short Revents;
    }

    internal struct IoVec
    {
        public byte* Base;
        public nuint Length;
    }

    internal struct MsgHdr
    {
        public void* Name;
        public uint NameLength;
        public IoVec* Vectors;
        public nuint VectorCount;
        public byte* Control;
        public nuint ControlLength;
        public int Flags;
    }

    internal static int LastError => Marshal.GetLastPInvokeError();

    internal static string LastErrorText => Marshal.GetPInvokeErrorMessage(LastError);

    [LibraryImport(Library, EntryPoint = "dlopen")]
    internal static partial void* DlOpen(byte* path, int flags);

    [LibraryImport(Library, EntryPoint = "dlsym")]
    internal static partial void* DlSym(void* handle, byte* name);

    [LibraryImport(Library, EntryPoint = "dlerror")]
    internal static partial byte* DlError();

    [LibraryImport(Library, EntryPoint = "socket", SetLastError = true)]
    internal static partial int Socket(int family, int type, int protocol);

    [LibraryImport(Library, EntryPoint = "bind", SetLastError = true)]
    internal static partial int Bind(int fd, byte* address, uint length);

    [LibraryImport(Library, EntryPoint = "listen", SetLastError = true)]
    internal static partial int Listen(int fd, int backlog);

    [LibraryImport(Library, EntryPoint = "accept4", SetLastError = true)]
    internal static partial int Accept(int fd, byte* address, uint* length, int flags);

    [LibraryImport(Library, EntryPoint = "connect", SetLastError = true)]
    internal static partial int Connect(int fd, byte* address, uint length);

    [LibraryImport(Library, EntryPoint = "setsockopt", SetLastError = true)]
    internal static partial int SetSockOpt(int fd, int level, int name, void* value, uint length);

    [LibraryImport(Library, EntryPoint = "recvmsg", SetLastError = true)]
    internal static partial nint RecvMsg(int fd, MsgHdr* message, int flags);

    [LibraryImport(Library, EntryPoint = "send", SetLastError = true)]
    internal static partial nint Send(int fd, byte* bytes, nuint length, int flags);

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(int fd, byte* bytes, nuint length);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(int fd, byte* bytes, nuint length);

    [LibraryImport(Library, EntryPoint = "close")]
    private static partial int CloseFile(int fd);

    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    internal static partial int Poll(PollFd* files, nuint count, int timeoutMilliseconds);

    [LibraryImport(Library, EntryPoint = "if_nametoindex", SetLastError = true)]
    internal static partial uint IfNameToIndex(byte* name);

    /// <summary>Gives a file back; on Linux it is gone even if close reports an error.</summary>
    internal static void Close(int fd) => _ = CloseFile(fd);

    /// <summary>Writes all bytes to a blocking file; false if that fails.</summary>
    internal static bool WriteAll(int fd, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            int done = 0;
            while (done < bytes.Length)
            {
                nint n = Write(fd, start + done, (nuint)(bytes.Length - done));
                if (n < 0 && LastError != Interrupted)
                    return false;
                done += (int)Math.Max(n, 0);
            }
        }
        return true;
    }
}
