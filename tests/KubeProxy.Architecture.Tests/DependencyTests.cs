using System.Reflection;
using KubeProxy.Architecture.Tests.Planted;
using KubeProxy.Architecture.Tests.Rules;
using KubeProxy.Core.Pipeline;
using Xunit;

namespace KubeProxy.Architecture.Tests;

/// <summary>Who may know whom: projects, and namespaces inside Core.</summary>
public sealed class DependencyTests
{
    private const string Root = "KubeProxy.Core";
    private static readonly Assembly Core = typeof(Worker).Assembly;

    /// <summary>What each namespace of Core may use beside itself. Managed Services never enter the data path.</summary>
    public static TheoryData<string, string[]> Layers => new()
    {
        { "Net", [] },
        { "Memory", [] },
        { "Snapshots", ["Net"] },
        { "Sessions", ["Net", "Snapshots"] },
        { "Pipeline", ["Net", "Snapshots", "Sessions"] },
        { "Translation", ["Net", "Snapshots", "Sessions", "Pipeline"] },
        { "Services", ["Net", "Memory", "Snapshots"] },
        { "Commands", ["Net", "Memory", "Snapshots", "Services"] },
    };

    [Fact]
    public void ShippedProjectsReferenceWhatTheyMayAndNoPackage()
    {
        IReadOnlyList<SourceFile> projects = Repository.Files(".csproj");
        Assert.Contains(projects, project => project.Path == "src/KubeProxy.Core/KubeProxy.Core.csproj");
        Assert.Empty(projects.SelectMany(ProjectRules.Check));
    }

    [Theory]
    [InlineData("KubeProxy.Core", "<ProjectReference Include='../../interop/KubeProxy.Interop.csproj' />")]
    [InlineData("KubeProxy.Host", "<ProjectReference Include='..\\KubeProxy.Core\\KubeProxy.Core.csproj' />")]
    [InlineData("KubeProxy.Interop", "<PackageReference Include='Newtonsoft.Json' />")]
    [InlineData("KubeProxy.Plugin", "")]
    public void AForbiddenReferenceIsFound(string project, string item)
    {
        string text = $"<Project><PropertyGroup><DisableRuntimeMarshalling>true</DisableRuntimeMarshalling></PropertyGroup><ItemGroup>{item}</ItemGroup></Project>";
        Assert.NotEmpty(ProjectRules.Check(new SourceFile($"src/{project}/{project}.csproj", text)));
    }

    [Fact]
    public void AProjectWithRuntimeMarshallingIsFound() =>
        Assert.NotEmpty(ProjectRules.Check(new SourceFile("src/KubeProxy.Core/KubeProxy.Core.csproj", "<Project/>")));

    [Fact]
    public void CoreIsCompiledAgainstNothingButDotnet() =>
        Assert.All(Core.GetReferencedAssemblies(), name => Assert.StartsWith("System.", name.Name, StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Layers))]
    public void NamespacesOfCoreUseOnlyTheLayersBelow(string layer, string[] allowed) =>
        Assert.Empty(TypeRules.TypesIn(Core, $"{Root}.{layer}").SelectMany(type => TypeRules.Uses(type, Root, allowed)));

    [Fact]
    public void EveryNamespaceOfCoreHasItsLayer()
    {
        IEnumerable<string> layers = Layers.Select(row => $"{Root}.{row.Data.Item1}");
        IEnumerable<string> found = Core.GetTypes().Select(type => type.Namespace).OfType<string>().Where(name => name.StartsWith(Root, StringComparison.Ordinal));
        Assert.Empty(found.Distinct().Except(layers));
    }

    [Fact]
    public void AForbiddenUseInsideAMethodIsFound()
    {
        Assert.NotEmpty(TypeRules.Uses(typeof(UsesForeign), "KubeProxy.Architecture.Tests"));
        Assert.Empty(TypeRules.Uses(typeof(UsesForeign), "KubeProxy.Architecture.Tests", "Rules"));
        Assert.NotEmpty(TypeRules.Uses(typeof(Worker), Root, "Net", "Snapshots"));
    }
}
