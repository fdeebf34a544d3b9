using System.Diagnostics.CodeAnalysis;
using KubeProxy.Host.Ip;
using KubeProxy.Host.Vlib;
using KubeProxy.Host.Vnet;

namespace KubeProxy.Host.Devices;

/// <summary>A packet-generator interface: streams are its wire's other end, captures record what it sends.</summary>
[SuppressMessage("Design", "CA1001", Justification = "StopCapture closes the file; the interface lives as long as the host.")]
internal sealed class PgInterface : ITransmitter
{
    private PcapWriter? _capture;

    private PgInterface()
    {
    }

    /// <summary>The interface lives as long as the host.</summary>
    internal static Interface Add(string name, MacAddress mac) => Interfaces.Add(name, mac, new PgInterface(), Interface.DefaultMtu);

    internal void StartCapture(string path, uint limit)
    {
        StopCapture();
        _capture = new PcapWriter(path, limit);
    }

    internal void StopCapture()
    {
        _capture?.Dispose();
        _capture = null;
    }

    public bool TrySend(ReadOnlySpan<byte> frame)
    {
        _capture?.Write(frame, MainThread.UnixNow);
        return true;
    }

    public void Flush() => _capture?.Flush();
}
