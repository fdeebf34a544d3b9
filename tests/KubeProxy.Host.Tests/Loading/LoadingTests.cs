using System.Diagnostics;
using Xunit;

namespace KubeProxy.Host.Tests.Loading;

/// <summary>The host as a process: which plugins it takes, how it starts and how it stops.</summary>
public sealed class LoadingTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ku-host-");

    public void Dispose() => _folder.Delete(recursive: true);

    private string Socket => Path.Combine(_folder.FullName, "s");

    private string Compile(params string[] definitions)
    {
        string library = Path.Combine(_folder.FullName, "plugin.so");
        string source = Path.Combine(AppContext.BaseDirectory, "Loading", "plugin.c");
        using Process gcc = Start("gcc", ["-shared", "-fPIC", .. definitions.Select(d => $"-D{d}"), source, "-o", library]);
        string errors = gcc.StandardError.ReadToEnd();
        Assert.True(gcc.WaitForExit(Patience) && gcc.ExitCode == 0, errors);
        return library;
    }

    private static Process Start(string program, string[] arguments)
    {
        ProcessStartInfo info = new(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        try
        {
            return Process.Start(info)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            Assert.Skip($"{program}: {e.Message}");
            throw;
        }
    }

    private Process StartHost(string plugin) => Start(Artifacts.Need("ku-host"), ["--plugin", plugin, "--socket", Socket]);

    private (int Status, string Errors) RunHost(string plugin)
    {
        using Process host = StartHost(plugin);
        string errors = host.StandardError.ReadToEnd();
        Assert.True(host.WaitForExit(Patience));
        return (host.ExitCode, errors);
    }

    private (int Status, string Output) Control(params string[] command)
    {
        using Process control = Start(Artifacts.Need("ku-host"), ["ctl", "-s", Socket, .. command]);
        string output = control.StandardOutput.ReadToEnd();
        Assert.True(control.WaitForExit(Patience));
        return (control.ExitCode, output);
    }

    [Theory]
    [InlineData("version mismatch: 26.06 != 25.10", "REQUIRED=\"25.10\"", "INIT=0")]
    [InlineData("is no VPP plugin", "INIT=0")]
    [InlineData("init function test_init: no luck", "REQUIRED=\"26.06\"", "INIT=_clib_error_return(0,0,0,0,\"%s\",\"no luck\")")]
    [InlineData("vlib_no_such_function", "REQUIRED=\"26.06\"", "INIT=0", "IMPORT")]
    public void APluginThatDoesNotFitIsRefusedWithTheReason(string reason, params string[] definitions)
    {
        (int status, string errors) = RunHost(Compile(definitions));
        Assert.Equal(1, status);
        Assert.Contains(reason, errors, StringComparison.Ordinal);
        Assert.False(File.Exists(Socket));
    }

    [Fact]
    public void AMissingFileIsNamed()
    {
        (int status, string errors) = RunHost("/nowhere/plugin.so");
        Assert.Equal(1, status);
        Assert.Contains("/nowhere/plugin.so", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void TheHostSaysWhatItIsAnswersCommandsAndStopsCleanly()
    {
        using Process host = StartHost(Compile("REQUIRED=\"26.06\"", "INIT=0"));
        Assert.True(SpinWait.SpinUntil(() => File.Exists(Socket) || host.HasExited, Patience));
        Assert.Equal((0, "ku-host, embedded host for VPP 26.06 plugins (not VPP)\n"), Control("show", "version"));
        Assert.Contains("a test plugin", Control("show", "plugins").Output, StringComparison.Ordinal);
        Assert.Equal((0, "unknown input `bogus'\n"), Control("bogus"));
        using Process kill = Start("kill", ["-TERM", $"{host.Id}"]);
        string errors = host.StandardError.ReadToEnd();
        Assert.True(host.WaitForExit(Patience));
        Assert.Equal(0, host.ExitCode);
        Assert.Contains("It is not a router and not VPP.", errors, StringComparison.Ordinal);
        Assert.False(File.Exists(Socket));
        Assert.Equal(1, Control("show", "version").Status);
    }
}
