using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Tests.Pipeline;
using KubeProxy.Fuzz.Engine;

namespace KubeProxy.Fuzz.Packets;

/// <summary>Every translated packet is in exactly one counter of its service and in that of its pod, with its bytes; what is not translated is in none.</summary>
internal sealed unsafe class BookKeeping(FuzzSite site)
{
    private ulong _services;
    private ulong _podPackets;
    private ulong _podBytes;

    public void Clear() => (_services, _podPackets, _podBytes) = Read();

    public void Expect(ulong packets, ulong bytes)
    {
        (ulong services, ulong podPackets, ulong podBytes) = Read();
        if (services - _services != packets) throw new FindingException($"{packets} packets and {services - _services} counted by services");
        if (podPackets - _podPackets != packets) throw new FindingException($"{packets} packets and {podPackets - _podPackets} counted by pods");
        if (podBytes - _podBytes != bytes) throw new FindingException($"{bytes} bytes and {podBytes - _podBytes} counted by pods");
        (_services, _podPackets, _podBytes) = (services, podPackets, podBytes);
    }

    private (ulong Services, ulong PodPackets, ulong PodBytes) Read()
    {
        DataPathOptions options = site.Path.Options;
        (ulong services, ulong podPackets, ulong podBytes) = (0, 0, 0);
        for (int number = 0; number < options.WorkerCount; number++)
        {
            Worker* worker = site.Path.Worker(number);
            for (uint i = 0; i < options.ServiceCount; i++) services += worker->ExistingSession[i] + worker->FirstSession[i] + worker->Untracked[i];
            for (uint i = 0; i < options.PodSlotCount; i++)
            {
                podPackets += worker->Pod[i].Packets;
                podBytes += worker->Pod[i].Bytes;
            }
        }

        return (services, podPackets, podBytes);
    }
}
