namespace KubeProxy.Host.Vlib;

/// <summary>Why one of the host's nodes counts a packet; an event that is no error says so.</summary>
internal readonly record struct ErrorReason(string Text, bool IsInfo = false)
{
    public static implicit operator ErrorReason(string text) => new(text);

    internal static ErrorReason Info(string text) => new(text, IsInfo: true);
}
