using System.Text;
using KubeProxy.Host.Border;

namespace KubeProxy.Host.Control;

/// <summary>Unix stream sockets by path.</summary>
internal static unsafe class UnixSocket
{
    private const int PathOffset = 2;
    private const int AddressBytes = 110;

    /// <exception cref="IOException">The socket cannot be made there.</exception>
    internal static int Listen(string path)
    {
        File.Delete(path);
        return Open(path, static (fd, address) => LibC.Bind(fd, (byte*)address, AddressBytes) == 0 && LibC.Listen(fd, 16) == 0);
    }

    /// <exception cref="IOException">Nobody listens there.</exception>
    internal static int Connect(string path) =>
        Open(path, static (fd, address) => LibC.Connect(fd, (byte*)address, AddressBytes) == 0);

    private static int Open(string path, Func<int, nint, bool> use)
    {
        byte[] name = Encoding.UTF8.GetBytes(path);
        if (name.Length >= AddressBytes - PathOffset)
            throw new IOException($"{path}: longer than a socket's path may be");
        byte* address = stackalloc byte[AddressBytes];
        Span<byte> bytes = new(address, AddressBytes);
        bytes.Clear();
        *(ushort*)address = LibC.AfUnix;
        name.CopyTo(bytes[PathOffset..]);
        int fd = LibC.Socket(LibC.AfUnix, LibC.SockStream | LibC.SockCloseOnExec, 0);
        if (fd >= 0 && use(fd, (nint)address))
            return fd;
        string reason = LibC.LastErrorText;
        if (fd >= 0)
            LibC.Close(fd);
        throw new IOException($"{path}: {reason}");
    }
}
