namespace KubeProxy.Host.Cli;

/// <summary>A command was refused; the message is the text that the user sees.</summary>
internal sealed class CliException : Exception
{
    public CliException()
    {
    }

    public CliException(string message)
        : base(message)
    {
    }

    public CliException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
