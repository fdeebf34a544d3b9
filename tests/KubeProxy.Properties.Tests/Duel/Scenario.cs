using System.Globalization;
using CsCheck;

namespace KubeProxy.Properties.Tests.Duel;

/// <summary>One thing that happens: what kind, and where its details are drawn from.</summary>
public readonly record struct Step(int Kind, int Seed);

/// <summary>A configuration and what happens to it; short ones come out of shrinking.</summary>
public sealed record Scenario(int Configuration, Step[] Steps)
{
    private const ulong PinnedSeed = 20261126;

    public static Gen<Scenario> Generator { get; } = Gen.Select(
        Gen.Int[0, int.MaxValue - 1],
        Gen.Select(Gen.Int[0, 99], Gen.Int[0, int.MaxValue - 1], (kind, seed) => new Step(kind, seed)).Array[20, 400],
        (configuration, steps) => new Scenario(configuration, steps));

    /// <summary>How many packets P1 is to try; null in an ordinary run of the tests.</summary>
    public static long? WantedCases { get; } =
        long.TryParse(Environment.GetEnvironmentVariable("KU_PROPERTY_CASES"), CultureInfo.InvariantCulture, out long cases) ? cases : null;

    /// <summary>Scenarios are always the same ones in an ordinary run of the tests, and in a long one that asks for them.</summary>
    private static bool AreTheSame { get; } =
        Environment.GetEnvironmentVariable("KU_PROPERTY_SCENARIOS") == "same"
        || (WantedCases == null && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("CsCheck_Seed")));

    /// <summary>Tries scenarios: the same ones every time, or new ones, which are shrunk and whose seed is printed.</summary>
    /// <param name="count">How many.</param>
    /// <param name="number">Tells those of one call from those of another.</param>
    /// <param name="test">Throws when one fails.</param>
    public static void Each(int count, uint number, Action<Scenario> test)
    {
        if (!AreTheSame)
        {
            Generator.Sample(test, iter: count, threads: 1, print: scenario => scenario.ToString());
            return;
        }

        var random = new PCG(number, PinnedSeed);
        for (int i = 0; i < count; i++) Try(Generator.Generate(random, null, out _), test);
    }

    public override string ToString() => $"configuration {Configuration}, {Steps.Length} steps: {string.Join(' ', Steps.Select(step => $"{step.Kind}:{step.Seed}"))}";

    private static void Try(Scenario scenario, Action<Scenario> test)
    {
        try
        {
            test(scenario);
        }
        catch (Exception error)
        {
            throw new DifferenceException($"{scenario}\n{error.Message}", error);
        }
    }
}
