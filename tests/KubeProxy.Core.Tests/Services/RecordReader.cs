using System.Net.Sockets;
using KubeProxy.Core.Net;
using KubeProxy.Core.Services;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

/// <summary>Reads pod records as a worker would.</summary>
internal static unsafe class RecordReader
{
    public static UInt128 Address(PodRecord* record, AddressFamily family)
    {
        int length = family == AddressFamily.InterNetwork ? 4 : 16;
        return Addresses.ToNumber(new System.Net.IPAddress(new ReadOnlySpan<byte>(record->Address, length)));
    }

    /// <summary>Everything that the record must say about its pod.</summary>
    public static void AssertSays(PodRecord* record, Pod pod)
    {
        Assert.Equal(Addresses.ToNumber(pod.Address), Address(record, pod.Address.AddressFamily));
        Assert.Equal(pod.State, record->State);
        Assert.Equal(pod.Service.TargetPort, Be16.FromWire(record->TargetPortWire).Host);
        Assert.Equal(pod.Service.Index, record->ServiceIndex);
        Assert.Equal(pod.Service.Key.Protocol, (byte)record->Protocol);
        Assert.Equal(InternetChecksum.Fold(InternetChecksum.Sum(record->Address, 16)), record->AddressSum);
    }
}
