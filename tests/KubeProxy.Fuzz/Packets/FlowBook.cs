using KubeProxy.Fuzz.Engine;

namespace KubeProxy.Fuzz.Packets;

/// <summary>
/// What is known of flows from outside: who sent to whom and which pod got it. A remembered flow keeps its pod while nothing but packets happens,
/// and an answer leaves as the answer to a packet that was remembered.
/// </summary>
internal sealed class FlowBook
{
    private readonly Dictionary<(string Ends, int Worker), uint> _pods = [];
    private readonly HashSet<string> _ever = [];

    public void Clear()
    {
        Disturb();
        _ever.Clear();
    }

    /// <summary>Time passes, or pods come and go: nobody's pod is certain.</summary>
    public void Disturb() => _pods.Clear();

    /// <param name="packet">As it came.</param>
    /// <param name="worker">Who had it.</param>
    /// <param name="isExisting">Its session was there.</param>
    /// <param name="podSlot">Who got it.</param>
    /// <param name="serves">Tells whether a pod serves: a connection of one that does not may be opened anew elsewhere.</param>
    public void NoteForward(PacketView packet, int worker, bool isExisting, uint podSlot, Func<uint, bool> serves)
    {
        string ends = EndsOf(packet, isReversed: false);
        bool isKnown = _pods.TryGetValue((ends, worker), out uint known) && serves(known);
        if (isKnown && !isExisting) throw new FindingException("a remembered flow was taken for a new one");
        if (isKnown && known != podSlot) throw new FindingException("a remembered flow has got another pod");
        _pods[(ends, worker)] = podSlot;
        _ever.Add(ends);
    }

    public void CheckReturn(PacketView packet)
    {
        if (!_ever.Contains(EndsOf(packet, isReversed: true))) throw new FindingException("an answer leaves that nobody has asked for");
    }

    private static string EndsOf(PacketView packet, bool isReversed)
    {
        string source = Convert.ToHexString(packet.Source) + (packet.HasPorts ? $":{packet.SourcePort}" : string.Empty);
        string destination = Convert.ToHexString(packet.Destination) + (packet.HasPorts ? $":{packet.DestinationPort}" : string.Empty);
        return isReversed ? $"{packet.Protocol} {destination} {source}" : $"{packet.Protocol} {source} {destination}";
    }
}
