using Xunit;

namespace KubeProxy.Host.Tests.Symbols;

/// <summary>The embedded host offers exactly the VPP symbols that the plugin imports: no more, no fewer.</summary>
public sealed class SymbolTests
{
    /// <summary>The .NET runtime's own export in every ahead-of-time compiled executable, for debuggers.</summary>
    private const string RuntimeExport = "DotNetRuntimeDebugHeader";

    /// <summary>What a plugin wants from its host. The C library's symbols carry a version; weak ones may stay unresolved.</summary>
    private static SortedSet<string> Imports(IEnumerable<ElfSymbol> symbols) =>
        new(symbols.Where(s => !s.IsDefined && !s.IsWeak && !s.IsVersioned).Select(s => s.Name), StringComparer.Ordinal);

    private static SortedSet<string> Exports(IEnumerable<ElfSymbol> symbols) =>
        new(symbols.Where(s => s.IsDefined && !s.IsAbsolute && s.Name != RuntimeExport).Select(s => s.Name), StringComparer.Ordinal);

    [Fact]
    public void TheHostExportsExactlyWhatThePluginImports()
    {
        SortedSet<string> imports = Imports(ElfSymbols.Read(Artifacts.Need("kubeproxy_plugin.so")));
        SortedSet<string> exports = Exports(ElfSymbols.Read(Artifacts.Need("ku-host")));
        Assert.Contains("vlib_global_main", imports);
        Assert.Equal([], imports.Except(exports));
        Assert.Equal([], exports.Except(imports));
    }

    [Fact]
    public void AMissingAndASuperfluousSymbolAreSeen()
    {
        ElfSymbol[] plugin =
        [
            new("vlib_a", false, false, false, false),
            new("vlib_b", false, false, false, false),
            new("memcpy", false, false, true, false),
            new("__gmon_start__", false, true, false, false),
            new("vlib_plugin_registration", true, false, true, false),
        ];
        ElfSymbol[] host =
        [
            new("vlib_a", true, false, true, false),
            new("vlib_c", true, false, true, false),
            new("V1.0", true, false, true, true),
            new(RuntimeExport, true, false, true, false),
            new("dlopen", false, false, true, false),
        ];
        Assert.Equal(["vlib_b"], Imports(plugin).Except(Exports(host)));
        Assert.Equal(["vlib_c"], Exports(host).Except(Imports(plugin)));
    }
}
