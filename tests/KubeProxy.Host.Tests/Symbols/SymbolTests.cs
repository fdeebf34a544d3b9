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

    /// <summary>There is no binary API that could be answered wrongly: the library neither asks for VPP's nor has messages of its own, nor commands of a test client.</summary>
    [Fact]
    [Trait("Defect", "D12")]
    [Trait("Defect", "D27")]
    [Trait("Defect", "A-18")]
    public void ThePluginHasNoPartInVppsBinaryApi()
    {
        string[] names = [.. ElfSymbols.Read(Artifacts.Need("kubeproxy_plugin.so")).Select(symbol => symbol.Name)];
        Assert.Contains("vlib_global_main", names);
        Assert.DoesNotContain(names, IsOfTheApi);
        Assert.All((string[])["vl_msg_api_add_msg_name_crc", "vlibapi_get_main", "vl_api_kp_conf_t_handler", "vat_plugin_register"], name => Assert.True(IsOfTheApi(name)));
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

    private static bool IsOfTheApi(string name) => ((string[])["vl_", "vlibapi", "vat_"]).Any(start => name.StartsWith(start, StringComparison.Ordinal));
}
