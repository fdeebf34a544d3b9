using System.Reflection;
using System.Runtime.InteropServices;
using Xunit;

namespace KubeProxy.Interop.Tests;

/// <summary>The imported functions exist in the installed VPP, and are declared so that the linker can bind them.</summary>
public class ImportTests
{
    private static readonly string[] Libraries = ["libvppinfra.so.", "libvlib.so.", "libvnet.so."];

    private static IEnumerable<MethodInfo> Imports => Bindings.Assembly.GetTypes()
        .SelectMany(t => t.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
        .Where(m => m.Attributes.HasFlag(MethodAttributes.PinvokeImpl));

    [Fact]
    public void EveryImportedFunctionIsExportedByTheInstalledVpp()
    {
        string version = LayoutFileVersion();
        string? directory = FindLibraries(version);
        if (directory is null)
            Assert.Skip($"VPP {version} is not installed in $VPP_PREFIX, /usr, /usr/local or /opt/vpp");

        HashSet<string> exported = [.. Libraries.SelectMany(library => ElfExports.Read(Path.Combine(directory, library + version)))];
        string[] missing = [.. Imports.Select(m => m.Name).Where(name => !exported.Contains(name)).Distinct()];

        Assert.Contains("vlib_global_main", exported);
        Assert.DoesNotContain("no_such_function", exported);
        Assert.Empty(missing);
    }

    [Fact]
    public void EveryImportComesFromVppUnderItsOwnNameAndTakesOnlyBlittableArguments()
    {
        Assert.NotEmpty(Imports);
        foreach (MethodInfo import in Imports)
        {
            DllImportAttribute attribute = import.GetCustomAttribute<DllImportAttribute>()!;
            Assert.Equal(("vpp", import.Name, true), (attribute.Value, attribute.EntryPoint, attribute.ExactSpelling));
            Assert.All(import.GetParameters().Select(p => p.ParameterType).Append(import.ReturnType), AssertBlittable);
        }
    }

    private static void AssertBlittable(Type type) =>
        Assert.True(type.IsPointer || type.IsEnum || type == typeof(void) || (type.IsPrimitive && type != typeof(bool) && type != typeof(char) && type != typeof(double)), type.Name);

    private static string LayoutFileVersion()
    {
        string file = Directory.GetFiles(AppContext.BaseDirectory, "layout-*.txt").Single();
        return Path.GetFileNameWithoutExtension(file)["layout-".Length..];
    }

    private static string? FindLibraries(string version) =>
        new[] { Environment.GetEnvironmentVariable("VPP_PREFIX"), "/usr", "/usr/local", "/opt/vpp" }
            .OfType<string>()
            .SelectMany(prefix => new[] { "lib", "lib/x86_64-linux-gnu", "lib64" }, Path.Combine)
            .FirstOrDefault(directory => Libraries.All(library => File.Exists(Path.Combine(directory, library + version))));
}
