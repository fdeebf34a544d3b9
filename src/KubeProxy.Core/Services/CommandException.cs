namespace KubeProxy.Core.Services;

/// <summary>A command that cannot be done, with the text that its user reads. Nothing has changed when it is thrown.</summary>
public sealed class CommandException : Exception
{
    /// <summary>With a text that names the offending word.</summary>
    public CommandException(string message)
        : base(message)
    {
    }

    /// <summary>Without a text: for serializers only.</summary>
    public CommandException()
    {
    }

    /// <summary>With a cause.</summary>
    public CommandException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
