using KubeProxy.Architecture.Tests.Rules;
using Xunit;

namespace KubeProxy.Architecture.Tests;

/// <summary>The oracle of the property tests is another implementation: it knows nothing of the shipped code, in its project file and in its sources.</summary>
public sealed class OracleTests
{
    private const string Folder = "tests/KubeProxy.Oracle/";

    [Fact]
    public void TheOracleReferencesNoProjectOfThisRepository()
    {
        SourceFile project = Assert.Single(Repository.Files(".csproj"), file => file.Path.StartsWith(Folder, StringComparison.Ordinal));
        Assert.Empty(OracleRules.CheckProject(project));
    }

    [Fact]
    public void TheOraclesSourcesAreItsOwnAndNameNoOtherNamespaceOfThisRepository()
    {
        SourceFile[] sources = [.. Repository.Files(".cs").Where(file => file.Path.StartsWith(Folder, StringComparison.Ordinal))];
        Assert.True(sources.Length > 10);
        Assert.Empty(sources.SelectMany(OracleRules.CheckSource));
    }

    [Theory]
    [InlineData("<ProjectReference Include='../../src/KubeProxy.Core/KubeProxy.Core.csproj' />")]
    [InlineData("<Compile Include='../../src/KubeProxy.Core/Net/FiveTuple.cs' />")]
    [InlineData("<Reference Include='KubeProxy.Interop' />")]
    public void AForbiddenReferenceIsFound(string item) =>
        Assert.NotEmpty(OracleRules.CheckProject(new SourceFile($"{Folder}KubeProxy.Oracle.csproj", $"<Project><ItemGroup>{item}</ItemGroup></Project>")));

    [Fact]
    public void AForbiddenNameIsFound() => Assert.NotEmpty(OracleRules.CheckSource(new SourceFile($"{Folder}A.cs", "using KubeProxy.Core.Net;")));
}
