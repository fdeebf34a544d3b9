using KubeProxy.Architecture.Tests.Planted;
using KubeProxy.Architecture.Tests.Rules;
using KubeProxy.Core.Pipeline;
using Xunit;

namespace KubeProxy.Architecture.Tests;

/// <summary>Types of the data path are plain memory and plain code.</summary>
public sealed class DataPathTests
{
    private static readonly Type[] DataPath = [.. TypeRules.TypesIn(
        typeof(Worker).Assembly, "KubeProxy.Core.Net", "KubeProxy.Core.Pipeline", "KubeProxy.Core.Sessions", "KubeProxy.Core.Snapshots", "KubeProxy.Core.Translation")];

    [Fact]
    public void TheDataPathIsLookedAt()
    {
        Assert.True(DataPath.Length > 25);
        Assert.Contains(typeof(ForwardPath<,,>), DataPath);
        Assert.Contains(Instruction.Read(typeof(Housekeeping).GetMethod(nameof(Housekeeping.AdvanceClock))!), instruction => instruction.Member?.Name == "SweepAfterPause");
    }

    [Fact]
    public void ItsTypesArePlain() => Assert.Empty(DataPath.SelectMany(TypeRules.IsPlain));

    [Theory]
    [InlineData(typeof(Instance))]
    [InlineData(typeof(HoldsText))]
    [InlineData(typeof(HoldsTextDeepInside))]
    [InlineData(typeof(HoldsState))]
    public void ATypeThatIsNotPlainIsFound(Type type) => Assert.NotEmpty(TypeRules.IsPlain(type));

    [Fact]
    [Trait("Defect", "D24")]
    [Trait("Defect", "A-19")]
    public void ItsCodeNeitherAllocatesNorThrows() => Assert.Empty(DataPath.SelectMany(TypeRules.DoesNotAllocate));

    [Fact]
    public void EveryKindOfAllocationIsFound()
    {
        string[] found = [.. TypeRules.DoesNotAllocate(typeof(Allocates))];
        foreach (System.Reflection.MethodInfo method in typeof(Allocates).GetMethods().Where(method => method.IsStatic))
            Assert.Contains(found, violation => violation.Contains("." + method.Name + ":", StringComparison.Ordinal));
    }

    [Fact]
    public void PlainTypesKeepTheRules()
    {
        Assert.Empty(TypeRules.IsPlain(typeof(Plain)));
        Assert.Empty(TypeRules.DoesNotAllocate(typeof(Plain)));
    }
}
