namespace KubeProxy.Properties.Tests.Duel;

/// <summary>The two implementations disagree.</summary>
public sealed class DifferenceException : Exception
{
    public DifferenceException(string message)
        : base(message)
    {
    }

    public DifferenceException()
    {
    }

    public DifferenceException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
