using Xunit;

namespace KubeProxy.Interop.Tests.MachineCode;

/// <summary>The loops over a frame's packets, as they stand in the built library: none has a call in it.</summary>
public sealed class HotLoopTests(ITestOutputHelper output)
{
    /// <summary>A function of the library whose loop does call another.</summary>
    private const string Control = "ReturnPath.Finish (IPv4)";

    private const string Planted = """
        0000000000000010 <planted>:
          10:	xor    %eax,%eax
          12:	jmp    20 <planted+0x10>
          14:	call   40 <between>
          19:	ret
          20:	cmp    %rdi,%rax
          23:	jae    14 <planted+0x4>
          25:	test   $0x1,%al
          27:	jne    30 <planted+0x20>
          29:	inc    %rax
          2c:	jmp    20 <planted+0x10>
          30:	call   50 <cold>
          35:	jmp    29 <planted+0x19>

        """;

    [Fact]
    public void NoCallStandsInALoopOverPackets()
    {
        ILookup<string, List<Instruction>> functions = ReadPlugin();
        Assert.All(functions[Control], function => Assert.NotEmpty(CallsOf(Control, function)));
        foreach (string name in HotFunctions.Names.Append(Control))
        {
            Assert.True(functions.Contains(name), $"{name} is not in the library: renamed, or a part of another function now");
            if (name != Control) Assert.All(functions[name], function => CheckLoops(name, function));
        }
    }

    [Fact]
    public void ACallInABlockThatWasMovedOutOfItsLoopIsFoundAndOneBetweenItsBlocksIsNot()
    {
        List<Instruction> planted = Disassembly.Read(new StringReader(Planted), _ => true)["planted"];
        List<Instruction> loop = Assert.Single(Loops.Of(planted));
        Assert.Equal([0x20, 0x23, 0x25, 0x27, 0x29, 0x2c, 0x30, 0x35], loop.Select(instruction => instruction.Address));
        Assert.Equal(["50 <cold>"], CallsOf("planted", planted));
    }

    private void CheckLoops(string name, List<Instruction> function)
    {
        List<List<Instruction>> loops = Loops.Of(function);
        output.WriteLine($"{name}: {function.Count} instructions, in its loops {string.Join(" and ", loops.Select(loop => loop.Count))}");
        Assert.NotEmpty(loops);
        Assert.DoesNotContain(function, instruction => instruction.IsIndirectJump);
        Assert.Empty(CallsOf(name, function));
    }

    private static List<string> CallsOf(string name, List<Instruction> function)
    {
        string[] allowed = HotFunctions.AllowedCalls.GetValueOrDefault(name, []);
        return [.. Loops.Of(function).SelectMany(loop => loop)
            .Where(instruction => instruction.IsCall && !allowed.Any(call => instruction.Operands.Contains(call, StringComparison.Ordinal)))
            .Select(instruction => instruction.Operands)];
    }

    private static ILookup<string, List<Instruction>> ReadPlugin()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "KubeProxy.sln"))) folder = Path.GetDirectoryName(folder);
        string plugin = Path.Combine(folder ?? string.Empty, "artifacts", "kubeproxy_plugin.so");
        Assert.SkipUnless(File.Exists(plugin), "artifacts/kubeproxy_plugin.so is not there: run ./build.sh build");
        return Disassembly.OfLibrary(plugin, symbol => HotFunctions.NameOf(symbol) is not null)
            .ToLookup(function => HotFunctions.NameOf(function.Key)!, function => function.Value, StringComparer.Ordinal);
    }
}
