using System.Net;

namespace KubeProxy.Oracle;

/// <summary>All sessions, in a dictionary by the client's flow; whose answers are whose is found by looking at every one.</summary>
public sealed class SessionBook(PlainRouter router)
{
    private readonly Dictionary<Flow, PlainSession> _byFlow = [];

    /// <summary>Those that are there for certain, or may be.</summary>
    public IEnumerable<(PlainSession Session, Life Life)> All =>
        _byFlow.Values.Select(session => (session, LifeOf(session))).Where(pair => pair.Item2 != Life.Over);

    public PlainSession? Find(Flow flow) => _byFlow.TryGetValue(flow, out PlainSession? session) && LifeOf(session) != Life.Over ? session : null;

    /// <summary>Sessions whose answers are these, the certain ones first.</summary>
    public IEnumerable<PlainSession> WithAnswers(Flow answers) =>
        All.Where(pair => pair.Session.Answers == answers).OrderByDescending(pair => pair.Life).Select(pair => pair.Session);

    /// <summary>The session that a packet from the pods' side belongs to: a certain one, else of those that may be there the one that was seen to be; null for none.</summary>
    public PlainSession? Answering(Flow answers, Seen seen)
    {
        PlainSession[] sessions = [.. WithAnswers(answers)];
        if (sessions.Length == 0 || LifeOf(sessions[0]) == Life.Live) return sessions.FirstOrDefault();
        if (!seen.Translated) return seen.IsDropped ? sessions[0] : null;
        IPAddress source = new PlainPacket(seen.Packet).Source;
        return sessions.FirstOrDefault(session => session.Flow.Address.Equals(source)) ?? sessions[0];
    }

    public Life LifeOf(PlainSession session)
    {
        if (session.Pod.Gone) return Life.Over;
        Life life = router.Timeouts.LifeOf(session, router.NowSeconds);
        return session.Loose && life == Life.Live ? Life.MayBeOver : life;
    }

    public void Open(PlainSession session) => _byFlow[session.Flow] = session;

    public void Forget(Flow flow) => _byFlow.Remove(flow);

    public void Clear() => _byFlow.Clear();

    public void ForgetGone() => Forget(session => session.Pod.Gone);

    /// <summary>Sessions that clients have by addresses of a prefix that is no VIP's any more.</summary>
    public void ForgetAddresses(IPNetwork prefix) => Forget(session =>
        prefix.BaseAddress.AddressFamily == session.Flow.Address.AddressFamily && prefix.Contains(session.Flow.Address));

    /// <summary>TCP sessions of a removed pod stay, all others choose again with their next packet.</summary>
    public void Loosen(PlainPod pod)
    {
        foreach (PlainSession session in _byFlow.Values.Where(session => session.Pod == pod && !session.IsTcp)) session.Loose = true;
    }

    private void Forget(Predicate<PlainSession> which)
    {
        foreach (PlainSession session in _byFlow.Values.Where(session => which(session)).ToArray()) _byFlow.Remove(session.Flow);
    }
}
