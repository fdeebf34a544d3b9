using System.Diagnostics;
using Xunit;

namespace KubeProxy.Host.Tests.Hardening;

/// <summary>The plugin's library has what the linker can do against attackers, and the check of it finds each thing that is missing.</summary>
public sealed class HardeningTests : IDisposable
{
    private static readonly string[] Good =
        ["-shared", "-fPIC", "-fvisibility=hidden", "-Wl,-z,now", "-Wl,-z,relro", "-Wl,-z,nodelete", "-Wl,-z,noexecstack", "-Wl,--build-id"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ku-elf-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    [Trait("Rel", "REL-22")]
    public void ThePluginsLibraryHasEveryProperty()
    {
        (int status, string output) = Check(Artifacts.Need("kubeproxy_plugin.so"));
        Assert.True(status == 0, output);
    }

    [Fact]
    public void ALibraryThatHasAllIsNotBlamed()
    {
        (int status, string output) = Check(Compile([]));
        Assert.True(status == 0, output);
    }

    [Theory]
    [Trait("Rel", "REL-22")]
    [InlineData("section .vlib_plugin_registration", "-DNO_SECTION")]
    [InlineData("all symbols bound at load (BIND_NOW)", "-Wl,-z,lazy")]
    [InlineData("never unloaded (NODELETE)", "without -Wl,-z,nodelete")]
    [InlineData("relocations read-only (RELRO)", "-Wl,-z,norelro")]
    [InlineData("stack not executable", "-Wl,-z,execstack")]
    [InlineData("no memory both writable and executable", "-DWRITABLE_CODE")]
    [InlineData("no text relocations", "-DTEXT_RELOCATION -Wl,-z,notext")]
    [InlineData("no RPATH", "-Wl,-rpath,/tmp")]
    [InlineData("no RPATH", "-Wl,--disable-new-dtags -Wl,-rpath,/tmp")]
    [InlineData("build id", "-Wl,--build-id=none")]
    [InlineData("no debug sections", "-g")]
    [InlineData("exports are exactly: DotNetRuntimeDebugHeader vlib_plugin_registration", "-DMORE_EXPORTS")]
    public void WhatIsMissingIsNamed(string property, string flags)
    {
        (int status, string output) = Check(Compile(flags.Split(' ')));
        Assert.Equal(1, status);
        Assert.Contains($"FAIL  {property}", output, StringComparison.Ordinal);
    }

    private string Compile(string[] flags)
    {
        string library = Path.Combine(_folder.FullName, "planted.so");
        string source = Path.Combine(AppContext.BaseDirectory, "Hardening", "planted.c");
        bool isWithout = flags is ["without", ..];
        string[] used = isWithout ? [.. Good.Except(flags)] : [.. Good, .. flags];
        (int status, string output) = Run("gcc", [.. used, source, "-o", library]);
        Assert.True(status == 0, output);
        return library;
    }

    private static (int Status, string Output) Check(string library)
    {
        string? folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder!, "KubeProxy.sln")))
            folder = Path.GetDirectoryName(folder);
        return Run(Path.Combine(folder!, "tests", "elf-check.sh"), [library]);
    }

    private static (int Status, string Output) Run(string program, string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            string output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            Assert.Skip($"{program}: {e.Message}");
            throw;
        }
    }
}
