using System.Xml.Linq;
using KubeProxy.Architecture.Tests.Rules;
using Xunit;

namespace KubeProxy.Architecture.Tests;

/// <summary>What is built from is pinned to its bytes, and looked up among known vulnerabilities. Where packages come from is for each machine to say.</summary>
public sealed class SupplyChainTests
{
    private static readonly XDocument Properties = XDocument.Load(Path.Combine(Repository.Root, "Directory.Build.props"));

    [Fact]
    public void EveryProjectHasItsPackagesLockedByTheirHashes()
    {
        IReadOnlyList<SourceFile> projects = Repository.Files(".csproj");
        Assert.True(projects.Count > 10);
        Assert.All(projects, project =>
        {
            string locked = File.ReadAllText(Path.Combine(Repository.Root, Path.GetDirectoryName(project.Path)!, "packages.lock.json"));
            Assert.True(Count(locked, "\"resolved\"") == Count(locked, "\"contentHash\""), $"{project.Path} has a package without a hash");
        });
    }

    [Theory]
    [InlineData("RestorePackagesWithLockFile", "true")]
    [InlineData("NuGetAudit", "true")]
    [InlineData("NuGetAuditMode", "all")]
    [InlineData("NuGetAuditLevel", "low")]
    [InlineData("Deterministic", "true")]
    [InlineData("TreatWarningsAsErrors", "true")]
    public void APropertyOfEveryProjectIsSet(string name, string value) => Assert.Equal(value, Assert.Single(Properties.Descendants(name)).Value);

    [Fact]
    public void WhereTheLockFilesDoNotFitContinuousIntegrationFails()
    {
        XElement locked = Assert.Single(Properties.Descendants("RestoreLockedMode"));
        Assert.Equal(("true", "'$(CI)' == 'true'"), (locked.Value, locked.Attribute("Condition")!.Value));
    }

    [Fact]
    public void AKnownVulnerabilityIsAnError() =>
        Assert.All((string[])["NU1901", "NU1902", "NU1903", "NU1904"], code => Assert.Contains(code, Assert.Single(Properties.Descendants("WarningsAsErrors")).Value, StringComparison.Ordinal));

    /// <summary>One exact version of each package for all projects, and none beside the list.</summary>
    [Fact]
    public void VersionsAreExactAndInOnePlace()
    {
        XDocument central = XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props"));
        Assert.All(central.Descendants("PackageVersion"), package => Assert.Matches(@"^\d+\.\d+\.\d+(\.\d+)?$", package.Attribute("Version")!.Value));
        Assert.All(Repository.Files(".csproj"), project => Assert.DoesNotMatch(@"<PackageReference[^>]*Version", project.Text));
    }

    private static int Count(string text, string word) => text.Split(word).Length - 1;
}
