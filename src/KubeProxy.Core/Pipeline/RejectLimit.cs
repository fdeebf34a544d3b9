namespace KubeProxy.Core.Pipeline;

/// <summary>
/// How many answers a worker may send: a token bucket, as RFC 4443 section 2.4 (f) recommends. It holds at most
/// <see cref="Burst"/> tokens and gains <see cref="PerSecond"/> of them a second; an answer takes one. Over any time t at most
/// <c>Burst + PerSecond · t</c> answers leave.
/// </summary>
public unsafe struct RejectLimit
{
    /// <summary>Answers a second, unless configured.</summary>
    public const double DefaultPerSecond = 1000;

    /// <summary>Answers at once, unless configured.</summary>
    public const double DefaultBurst = 1000;

    /// <summary>Tokens gained a second; 0 and a <see cref="Burst"/> of 0: nothing is answered.</summary>
    public double PerSecond;

    /// <summary>Most tokens.</summary>
    public double Burst;

    /// <summary>Tokens at <see cref="LastSeconds"/>.</summary>
    public double Tokens;

    /// <summary>Time of the last look, in the host's seconds.</summary>
    public double LastSeconds;

    /// <summary>Tokens taken so far; numbers the answers.</summary>
    public ulong Taken;

    /// <summary>A full bucket.</summary>
    public static RejectLimit Create(double perSecond, double burst) =>
        new() { PerSecond = perSecond, Burst = burst, Tokens = burst };

    /// <summary>Takes a token if there is one. A clock that goes back gains none and takes none away.</summary>
    public static bool TryTake(RejectLimit* limit, double nowSeconds)
    {
        double gained = Math.Max(0, nowSeconds - limit->LastSeconds) * limit->PerSecond;
        limit->Tokens = Math.Min(limit->Burst, limit->Tokens + gained);
        limit->LastSeconds = nowSeconds;
        if (limit->Tokens < 1) return false;
        limit->Tokens--;
        limit->Taken++;
        return true;
    }
}
