using System.Reflection;
using Xunit;

namespace KubeProxy.Interop.Tests;

/// <summary>Nothing of the bindings is left unproven: every struct, field, enumerator and constant has its fact.</summary>
public class CompletenessTests
{
    /// <summary>Not a struct of VPP's headers: the ABI's own list of arguments, and an array of two.</summary>
    private static readonly HashSet<Type> WithoutFacts = [typeof(VaList), typeof(vnet_interface_function_lists)];

    private static IEnumerable<Type> Bound => Bindings.Assembly.GetExportedTypes().Where(t => t.IsValueType && !t.IsNested && !WithoutFacts.Contains(t));

    [Fact]
    public void EveryTypeHasItsFact() => Assert.Empty(Bound.Select(t => t.Name).Except(LayoutFacts.Types));

    [Fact]
    public void EveryFieldAndEnumeratorHasItsFact()
    {
        HashSet<string> known = [.. LayoutFacts.All.Select(f => $"{f.Type}.{f.Path}")];
        string[] unknown = [.. Bound.SelectMany(t => Paths(t, t.Name + ".")).Where(path => !known.Contains(path))];
        Assert.Empty(unknown);
    }

    [Fact]
    public void EveryConstantHasItsFact() =>
        Assert.Empty(Constants.Names.Except(LayoutFacts.All.Where(f => f.Kind == "const").Select(f => f.Path)));

    [Fact]
    public void EveryStructIsUnmanagedAndBlittable()
    {
        IEnumerable<string> offending = Bindings.Assembly.GetTypes()
            .Where(t => t.IsValueType && !t.IsEnum)
            .SelectMany(Bindings.Fields)
            .Where(f => !f.FieldType.IsPointer && !f.FieldType.IsFunctionPointer && (!f.FieldType.IsValueType || f.FieldType == typeof(bool) || f.FieldType == typeof(char)))
            .Select(f => $"{f.DeclaringType}.{f.Name}");
        Assert.Empty(offending);
    }

    private static IEnumerable<string> Paths(Type type, string prefix)
    {
        if (type.IsEnum)
            return type.GetEnumNames().Select(name => prefix + name);

        return Bindings.Fields(type).Where(f => !Bindings.IsBitStorage(f)).SelectMany(f => FieldPaths(type, f, prefix));
    }

    /// <summary>The field, and what is in it where its type is part of the same declaration.</summary>
    private static IEnumerable<string> FieldPaths(Type type, FieldInfo field, string prefix)
    {
        if (Bindings.IsAnonymous(field))
            return Paths(field.FieldType, prefix);

        bool isNestedStruct = field.FieldType.IsNested && !field.FieldType.IsEnum && !field.FieldType.Name.EndsWith("FixedBuffer", StringComparison.Ordinal);
        IEnumerable<string> inner = isNestedStruct && Outermost(field.FieldType) == Outermost(type) ? Paths(field.FieldType, $"{prefix}{field.Name}.") : [];
        return inner.Prepend(prefix + field.Name);
    }

    private static Type Outermost(Type type) => type.DeclaringType is { } outer ? Outermost(outer) : type;
}
