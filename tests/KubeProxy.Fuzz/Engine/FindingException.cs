namespace KubeProxy.Fuzz.Engine;

/// <summary>Something is not as it must be.</summary>
public sealed class FindingException : Exception
{
    public FindingException()
    {
    }

    public FindingException(string message)
        : base(message)
    {
    }

    public FindingException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
