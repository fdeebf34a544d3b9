using System.Diagnostics;

namespace KubeProxy.Fuzz.Engine;

/// <summary>The words for a finding: the same for inputs that show the same.</summary>
internal static class Finding
{
    private const int LongestText = 160;

    public static string Describe(Exception exception)
    {
        string text = exception.Message.ReplaceLineEndings(" ");
        if (text.Length > LongestText) text = text[..LongestText];
        return exception is FindingException ? text : $"{exception.GetType().Name}: {text} in {PlaceOf(exception)}";
    }

    /// <summary>The first method that is neither a library's nor an assertion's.</summary>
    private static string PlaceOf(Exception exception)
    {
        foreach (StackFrame frame in new StackTrace(exception).GetFrames())
        {
            string? type = frame.GetMethod()?.DeclaringType?.FullName;
            if (type?.StartsWith("KubeProxy.", StringComparison.Ordinal) == true) return $"{type}.{frame.GetMethod()!.Name}";
        }

        return "a library";
    }
}
