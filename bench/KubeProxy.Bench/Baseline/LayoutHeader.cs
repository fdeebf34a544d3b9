using System.Globalization;
using System.Text;

namespace KubeProxy.Bench.Baseline;

/// <summary>Text of a C header: structures whose fields lie where C#'s do, and constants.</summary>
internal sealed class LayoutHeader
{
    private readonly StringBuilder _text = new("/* Written from Core's structures: see CoreLayout.cs. */\n#pragma once\n#include <immintrin.h>\n#include <stddef.h>\n#include <stdint.h>\n");

    public override string ToString() => _text.ToString();

    public void Constant(string name, long value) => _text.Append(CultureInfo.InvariantCulture, $"#define {name} {value}u\n");

    /// <summary>A structure of so many bytes: a union, in which each field is put at its offset.</summary>
    public void Structure(string name, int sizeBytes, params Field[] fields)
    {
        _text.Append(CultureInfo.InvariantCulture, $"typedef union {{ uint8_t all[{sizeBytes}];\n");
        foreach (Field field in fields)
        {
            string before = field.OffsetBytes == 0 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $"uint8_t before_{field.Name}[{field.OffsetBytes}]; ");
            string count = field.Count == 0 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $"[{field.Count}]");
            _text.Append(CultureInfo.InvariantCulture, $"  struct {{ {before}{field.Type} {field.Name}{count}; }};\n");
        }

        _text.Append(CultureInfo.InvariantCulture, $"}} {name};\n_Static_assert (sizeof ({name}) == {sizeBytes}, \"{name}\");\n");
        foreach (Field field in fields)
            _text.Append(CultureInfo.InvariantCulture, $"_Static_assert (offsetof ({name}, {field.Name}) == {field.OffsetBytes}, \"{name}.{field.Name}\");\n");
    }

    /// <summary>A field of a C structure; <paramref name="Count"/> is 0 for one value, otherwise the array's length.</summary>
    internal readonly record struct Field(string Type, string Name, long OffsetBytes, int Count = 0);
}
