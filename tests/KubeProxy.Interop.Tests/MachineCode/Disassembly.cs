using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace KubeProxy.Interop.Tests.MachineCode;

/// <summary>A library's functions, as <c>objdump -d</c> prints them.</summary>
internal static partial class Disassembly
{
    /// <summary>The functions whose symbol the filter takes, by symbol.</summary>
    public static Dictionary<string, List<Instruction>> OfLibrary(string file, Func<string, bool> filter)
    {
        using Process objdump = Process.Start(new ProcessStartInfo("objdump", ["-d", "--no-show-raw-insn", file]) { RedirectStandardOutput = true })!;
        Dictionary<string, List<Instruction>> functions = Read(objdump.StandardOutput, filter);
        objdump.WaitForExit();
        return objdump.ExitCode == 0 ? functions : throw new InvalidOperationException($"objdump cannot read {file}");
    }

    public static Dictionary<string, List<Instruction>> Read(TextReader text, Func<string, bool> filter)
    {
        Dictionary<string, List<Instruction>> functions = [];
        List<Instruction>? function = null;
        while (text.ReadLine() is { } line)
        {
            if (line.EndsWith(">:", StringComparison.Ordinal))
            {
                string symbol = line[(line.IndexOf('<', StringComparison.Ordinal) + 1)..^2];
                function = filter(symbol) ? functions[symbol] = [] : null;
            }
            else if (function is not null && InstructionLine().Match(line) is { Success: true } match)
            {
                function.Add(new Instruction(long.Parse(match.Groups[1].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture), match.Groups[2].Value, match.Groups[3].Value));
            }
        }

        return functions;
    }

    [GeneratedRegex(@"^\s*([0-9a-f]+):\s+(?:(?:lock|rep|repz|repnz|bnd|notrack|data16|cs) )*(\S+)\s*(.*)$")]
    private static partial Regex InstructionLine();
}
