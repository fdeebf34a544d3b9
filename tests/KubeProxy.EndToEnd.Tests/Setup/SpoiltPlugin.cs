using System.Buffers.Binary;
using System.Globalization;
using KubeProxy.Testbed;

namespace KubeProxy.EndToEnd.Tests.Setup;

/// <summary>
/// Copies of the plugin with a fault planted in one function's machine code: it throws, or reads from address 0, as soon as it is called. Faults
/// that no test could bring about from outside.
/// </summary>
public static class SpoiltPlugin
{
    private const string Throw = "S_P_CoreLib_Internal_Runtime_CompilerHelpers_ThrowHelpers__ThrowOverflowException";

    /// <summary>What a function that throws throws.</summary>
    public const string Thrown = "OverflowException";

    /// <summary>Null when it can be made here, else the reason.</summary>
    public static string? Missing => Artifacts.Missing(Artifacts.Plugin)
        ?? new[] { "nm", "readelf" }.Where(tool => Tool.Find(tool) is null).Select(tool => $"'{tool}' (binutils) is not installed").FirstOrDefault();

    /// <summary>The function jumps to the runtime's own thrower at once: its caller sees an exception.</summary>
    public static string Throwing(RunDirectory directory, string function) => Written(directory, function, (at, symbols) =>
    {
        byte[] jump = [0xe9, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32LittleEndian(jump.AsSpan(1), checked((int)(symbols(Throw) - (at + jump.Length))));
        return jump;
    });

    /// <summary>xor eax, eax; mov eax, [rax].</summary>
    public static string Crashing(RunDirectory directory, string function) => Written(directory, function, (_, _) => [0x31, 0xc0, 0x8b, 0x00]);

    private static string Written(RunDirectory directory, string function, Func<long, Func<string, long>, byte[]> code)
    {
        Dictionary<string, long> symbols = Symbols();
        long Address(string name) => symbols.TryGetValue(name, out long address) ? address : throw new TestbedException($"the plugin has no function {name}");
        long at = Address(function);
        byte[] image = File.ReadAllBytes(Artifacts.Plugin);
        code(at, Address).CopyTo(image, checked((int)(at - LoadedBeyondFile())));
        string file = directory.NewFile("so");
        File.WriteAllBytes(file, image);
        return file;
    }

    private static Dictionary<string, long> Symbols() => Tool.Run("nm", Artifacts.Plugin).Split('\n')
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(words => words is [_, "t", _])
        .GroupBy(words => words[2], StringComparer.Ordinal)
        .ToDictionary(group => group.Key, group => long.Parse(group.First()[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture), StringComparer.Ordinal);

    /// <summary>How much further the managed code lies in memory than in the file.</summary>
    private static long LoadedBeyondFile()
    {
        string[] row = Tool.Run("readelf", "-SW", Artifacts.Plugin).Split('\n').Single(line => line.Contains(" __managedcode ", StringComparison.Ordinal)).Split(']')[1]
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        long Number(int index) => long.Parse(row[index], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return Number(2) - Number(3);
    }
}
