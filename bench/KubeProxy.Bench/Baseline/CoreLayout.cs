using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;
using static KubeProxy.Bench.Baseline.LayoutHeader;

namespace KubeProxy.Bench.Baseline;

/// <summary>kp_layout.h: where Core's structures have what the C baseline reads and writes, taken from the structures themselves.</summary>
internal static unsafe class CoreLayout
{
    private const int Capacity = PacketBatch.Capacity;
    private const string Byte = "uint8_t";
    private const string Half = "uint16_t";
    private const string Word = "uint32_t";
    private const string Long = "uint64_t";

    public static string Write()
    {
        LayoutHeader header = new();
        WriteConstants(header);
        WritePackets(header);
        WritePod(header);
        WriteShared(header);
        WriteWorker(header);
        WriteBatch(header);
        return header.ToString();
    }

    private static void WriteConstants(LayoutHeader header)
    {
        header.Constant("KP_CAPACITY", Capacity);
        header.Constant("KP_PLAIN", 0x45);
        header.Constant("KP_IP4_BYTES", Ip4Header.MinimumBytes);
        header.Constant("KP_LEAST_BYTES", Ip4Header.MinimumBytes + L4Header.UdpBytes);
        header.Constant("KP_LEAST_TCP_BYTES", Ip4Header.MinimumBytes + L4Header.TcpBytes);
        header.Constant("KP_FRAGMENT_MASK", Ip4Header.FragmentMaskWire);
        header.Constant("KP_TCP", IpProtocol.Tcp);
        header.Constant("KP_UDP", IpProtocol.Udp);
        header.Constant("KP_TCP_FLAGS", Ip4Header.MinimumBytes + L4Header.TcpFlagsOffset);
        header.Constant("KP_TCP_CONTROL", L4Header.TcpControl);
        header.Constant("KP_UDP_CHECKSUM", PodRecord.UdpChecksumOffset4);
        header.Constant("KP_INVERSE", InternetChecksum.Inverse(0));
        header.Constant("KP_CLASS_UDP", FlowClass.Udp);
        header.Constant("KP_CLASS_TCP", FlowClass.Tcp);
        header.Constant("KP_NO_STAMP", PacketBatch.NoStamp);
        header.Constant("KP_NO_LENGTH", PacketBatch.NoLength);
        header.Constant("KP_NOT_PLAIN", byte.MaxValue);
        header.Constant("KP_POD_SLOT_MASK", SessionValue.PodSlotMask);
        header.Constant("KP_BUCKET_BYTES", SessionTable.BucketLength * sizeof(Ip4Session));
        header.Constant("KP_SLOTS", ReturnIndex.BucketLength);
        header.Constant("KP_TAG_SHIFT", ReturnIndex.TagShift);
        header.Constant("KP_WORKER_SHIFT", ReturnIndex.WorkerShift);
        header.Constant("KP_OVERFLOW_SHIFT", ReturnIndex.OverflowShift);
        header.Constant("KP_ENTRY_MASK", ReturnIndex.MaxEntries - 1);
        header.Constant("KP_DEAD", PodState.Dead);
        header.Constant("KP_TRANSLATED", (long)Outcome.Translated);
        header.Constant("KP_PASS", (long)ReturnPath<Ip4Family, Ip4Session, Ip4Flow>.Pass);
        header.Constant("KP_EXISTING", (long)SessionUse.Existing);
        header.Constant("KP_NONE", (long)SessionUse.None);
    }

    private static void WritePackets(LayoutHeader header)
    {
        Ip4Header ip;
        header.Structure(
            "kp_ip4",
            sizeof(Ip4Header),
            At(Byte, "version_and_length", &ip, &ip.VersionAndLength),
            At(Half, "total_length", &ip, &ip.TotalLengthWire),
            At(Half, "fragment", &ip, &ip.FragmentWire),
            At(Byte, "hops", &ip, &ip.TimeToLive),
            At(Byte, "protocol", &ip, &ip.Protocol),
            At(Half, "checksum", &ip, &ip.Checksum),
            At(Word, "source", &ip, &ip.Source),
            At(Word, "destination", &ip, &ip.Destination));
        L4Header l4;
        header.Structure(
            "kp_l4", sizeof(L4Header), At(Half, "source_port", &l4, &l4.SourcePortWire), At(Half, "destination_port", &l4, &l4.DestinationPortWire));
        Ip4Session session;
        header.Constant("KP_VALUE_OFFSET", Offset(&session, &session.Bits));
        header.Structure(
            "kp_session",
            sizeof(Ip4Session),
            At(Word, "source", &session, &session.Tuple.Source),
            At(Word, "destination", &session, &session.Tuple.Destination),
            At(Half, "source_port", &session, &session.Tuple.SourcePortWire),
            At(Half, "destination_port", &session, &session.Tuple.DestinationPortWire),
            At(Word, "value", &session, &session.Bits));
    }

    private static void WritePod(LayoutHeader header)
    {
        PodRecord pod;
        header.Structure(
            "kp_pod",
            sizeof(PodRecord),
            At(Word, "address", &pod, &pod.Address4),
            At(Long, "forward_target", &pod, &pod.ForwardTarget),
            At(Word, "state", &pod, &pod.State),
            At(Half, "target_port", &pod, &pod.TargetPortWire),
            At(Half, "fixed_header_change", &pod, &pod.FixedHeaderChange),
            At(Word, "fixed_destination", &pod, &pod.FixedDestination),
            At(Word, "service", &pod, &pod.ServiceIndex),
            At(Byte, "fixed_checksum_offset", &pod, &pod.FixedChecksumOffset),
            At(Half, "fixed_change", &pod, &pod.FixedChange),
            At(Half, "masquerade", &pod, &pod.MasqueradeIndex),
            At(Half, "fixed_port", &pod, &pod.FixedPortWire),
            At(Word, "short_way", &pod, &pod.ShortWayBytes));
    }

    private static void WriteShared(LayoutHeader header)
    {
        DataPath shared;
        header.Structure(
            "kp_shared", sizeof(DataPath), At("kp_pod *", "pods", &shared, &shared.Pods), At(Byte, "key", &shared, &shared.SessionKey, FlowHash.KeyBytes));
        ReturnIndex<Ip4Session, Ip4Flow> index;
        header.Structure(
            "kp_index",
            sizeof(ReturnIndex<Ip4Session, Ip4Flow>),
            At("uint64_t *", "slots", &index, &index.Slots),
            At(Word, "bucket_mask", &index, &index.BucketMask),
            At("uint8_t **", "worker_entries", &index, &index.WorkerEntries));
    }

    private static void WriteWorker(LayoutHeader header)
    {
        Worker worker;
        header.Structure(
            "kp_worker",
            sizeof(Worker),
            At("kp_shared *", "shared", &worker, &worker.Shared),
            At(Word, "stamps", &worker, SessionClock.FreshStamps(&worker.Context.Clock), SessionKind.Count),
            At("uint8_t *", "entries", &worker, &worker.Sessions4.Entries),
            At(Word, "bucket_mask", &worker, &worker.Sessions4.BucketMask),
            At("kp_index *", "index", &worker, &worker.Sessions4.Index),
            At("uint64_t *", "existing_session", &worker, &worker.ExistingSession),
            At("__m128i *", "pod_counters", &worker, &worker.Pod),
            At(Word, "fragments", &worker, &worker.Fragments));
    }

    [SkipLocalsInit]
    private static void WriteBatch(LayoutHeader header)
    {
        PacketBatch batch;
        header.Structure(
            "kp_batch",
            sizeof(PacketBatch),
            At("uint8_t *", "packet", &batch, batch.Packet, Capacity),
            At(Word, "available", &batch, batch.Available, Capacity),
            At(Long, "hash", &batch, batch.Hash, Capacity),
            At("uint8_t *", "bucket", &batch, batch.Bucket, Capacity),
            At("kp_pod *", "pod", &batch, batch.Pod, Capacity),
            At(Word, "length", &batch, batch.Length, Capacity),
            At(Long, "target", &batch, batch.Target, Capacity),
            At(Word, "pod_slot", &batch, batch.PodSlot, Capacity),
            At(Byte, "outcome", &batch, batch.Outcome, Capacity),
            At(Byte, "session", &batch, batch.Session, Capacity),
            At(Half, "work", &batch, batch.Work, Capacity),
            At(Half, "misses", &batch, batch.Misses, Capacity),
            At("uint8_t *", "found", &batch, batch.Found, Capacity),
            At("kp_session", "flows", &batch, batch.Flows, Capacity),
            At("kp_session", "sessions", &batch, batch.Sessions, Capacity));
    }

    private static Field At(string type, string name, void* structure, void* field, int count = 0) => new(type, name, Offset(structure, field), count);

    private static long Offset(void* structure, void* field) => (byte*)field - (byte*)structure;
}
