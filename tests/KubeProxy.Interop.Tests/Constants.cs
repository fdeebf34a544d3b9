using System.Globalization;
using System.Reflection;

namespace KubeProxy.Interop.Tests;

/// <summary>The constants of the bindings' static classes.</summary>
public static class Constants
{
    private const BindingFlags Static = BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly;

    public static IReadOnlyList<Type> Classes { get; } = [typeof(Vpp), typeof(Clib), typeof(Vlib), typeof(Vnet), typeof(Fib)];

    /// <summary>Names of all public constants; those of pointer size are properties or fields, as C# has no such literal.</summary>
    public static IEnumerable<string> Names => Classes.SelectMany(c =>
        c.GetFields(Static).Where(f => f.IsLiteral || f.IsInitOnly).Select(f => f.Name).Concat(c.GetProperties(Static).Select(p => p.Name)));

    public static object? Find(string name) => Classes
        .Select(c => c.GetField(name, Static)?.GetValue(null) ?? c.GetProperty(name, Static)?.GetValue(null))
        .FirstOrDefault(value => value is not null);

    /// <summary>The value as C's conversion to unsigned long long gives it.</summary>
    public static ulong ToBits(object value) => value switch
    {
        nuint pointerSized => pointerSized,
        nint pointerSized => unchecked((ulong)pointerSized),
        ulong large => large,
        _ => unchecked((ulong)Convert.ToInt64(value, CultureInfo.InvariantCulture)),
    };
}
