using System.Numerics;

namespace KubeProxy.Core.Services;

/// <summary>Range checks with texts that name the word.</summary>
internal static class CommandLimits
{
    /// <summary>Refuses what is not a power of two from 1 to the maximum.</summary>
    public static void CheckPowerOfTwo(string word, uint value, uint maximum)
    {
        if (value > maximum) throw new CommandException($"{word} {value} is too large: the maximum is {maximum}");
        if (!BitOperations.IsPow2(value)) throw new CommandException($"{word} {value} is not a power of two (1 to {maximum})");
    }
}
