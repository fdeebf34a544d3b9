namespace KubeProxy.Testbed;

/// <summary>Something of the surroundings (a host, a tool, a namespace) did not do what was asked; the message holds what it said.</summary>
public sealed class TestbedException : Exception
{
    public TestbedException()
    {
    }

    public TestbedException(string message) : base(message)
    {
    }

    public TestbedException(string message, Exception inner) : base(message, inner)
    {
    }
}
