using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Xunit;

namespace KubeProxy.Interop.Tests;

/// <summary>The C# bindings are laid out as the C compiler lays out VPP's structs.</summary>
public class LayoutTests
{
    public static TheoryData<string> Types => [.. LayoutFacts.Types];

    [Theory]
    [MemberData(nameof(Types))]
    public void AStructHasTheSizeAndTheFieldsThatTheFactsName(string type)
    {
        Type? bound = Bindings.Find(type);
        Assert.True(bound is not null, $"the facts name {type}, the bindings lack it");

        string[] differences = [.. LayoutFacts.ByType[type].Select(fact => Difference(bound, fact)).OfType<string>()];
        Assert.Empty(differences);
    }

    [Fact]
    public void AConstantHasTheValueThatTheFactsName()
    {
        string[] differences = [.. LayoutFacts.All.Where(f => f.Kind == "const").Select(ConstantDifference).OfType<string>()];
        Assert.Empty(differences);
    }

    [Theory]
    [InlineData("sizeof vlib_frame_t 15 2")]
    [InlineData("field vlib_frame_t.n_vectors 8 2")]
    [InlineData("field vlib_frame_t.n_vectors 10 4")]
    [InlineData("field vlib_frame_t.no_such_field 0 2")]
    [InlineData("field vnet_buffer_opaque_t.ip.flow_hash 16 4")]
    [InlineData("field dpo_id_t.dpoi_index 8 4")]
    [InlineData("bits vec_header_t.default_heap 46 1")]
    [InlineData("bits vec_header_t.default_heap 47 2")]
    [InlineData("offset vlib_node_runtime_t.runtime_data 80")]
    [InlineData("enum dpo_type_t.DPO_DROP 2")]
    [InlineData("enum dpo_type_t.NO_SUCH_MEMBER 0")]
    public void AWrongFactIsNoticed(string line)
    {
        LayoutFact fact = LayoutFact.Parse(line);
        Assert.NotNull(Difference(Bindings.Find(fact.Type)!, fact));
    }

    private static string? Difference(Type bound, LayoutFact fact) => fact.Kind switch
    {
        "sizeof" => Compare(fact, Bindings.SizeOf(bound) == fact.First, $"{Bindings.SizeOf(bound)} bytes"),
        "field" => FieldDifference(bound, fact),
        "bits" => BitsDifference(bound, fact),
        "offset" => OffsetDifference(bound, fact),
        "enum" => EnumDifference(bound, fact),
        _ => $"{fact}: unknown kind of fact",
    };

    private static string? Compare(LayoutFact fact, bool same, string actual) => same ? null : $"{fact}: the bindings have {actual}";

    private static string? FieldDifference(Type bound, LayoutFact fact)
    {
        if (Bindings.Resolve(bound, fact.Path) is not { Field: not null } member)
            return $"{fact}: the bindings lack it";

        int size = Bindings.SizeOf(member.Field.FieldType);
        return Compare(fact, member.Offset == fact.First && size == fact.Second, $"offset {member.Offset}, size {size}");
    }

    /// <summary>A bit field is a property over its storage, or a field of its own where it fills whole bytes.</summary>
    private static string? BitsDifference(Type bound, LayoutFact fact)
    {
        if (Bindings.Resolve(bound, fact.Path) is not { } member)
            return $"{fact}: the bindings lack it";

        if (member.Field is not null)
        {
            int bits = Bindings.SizeOf(member.Field.FieldType) * 8;
            return Compare(fact, member.Offset * 8 == fact.First && bits == fact.Second, $"bit {member.Offset * 8}, {bits} bits");
        }

        long first = fact.First - (member.OwnerOffset * 8L);
        ulong ones = ReadBits(member, bit => bit >= first && bit < first + fact.Second);
        ulong others = ReadBits(member, bit => bit < first || bit >= first + fact.Second);
        return Compare(fact, ones == (1UL << (int)fact.Second) - 1 && others == 0, $"0x{ones:x} of its own bits, 0x{others:x} of the others");
    }

    private static ulong ReadBits(BoundMember member, Func<long, bool> isSet)
    {
        byte[] bytes = new byte[Bindings.SizeOf(member.Owner)];
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            if (isSet(bit))
                bytes[bit / 8] |= (byte)(1 << (bit % 8));
        }

        MethodInfo read = typeof(LayoutTests).GetMethod(nameof(Read), BindingFlags.Static | BindingFlags.NonPublic)!;
        object boxed = read.MakeGenericMethod(member.Owner).Invoke(null, [bytes])!;
        return Convert.ToUInt64(member.Owner.GetProperty(member.Name)!.GetValue(boxed), CultureInfo.InvariantCulture);
    }

    private static object Read<T>(byte[] bytes)
        where T : unmanaged => MemoryMarshal.Read<T>(bytes);

    private static string? OffsetDifference(Type bound, LayoutFact fact)
    {
        object? offset = bound.GetField(fact.Path + "_offset", BindingFlags.Static | BindingFlags.Public)?.GetRawConstantValue();
        return Compare(fact, offset is int value && value == fact.First, offset?.ToString() ?? "no constant of that name");
    }

    private static string? EnumDifference(Type bound, LayoutFact fact)
    {
        object? value = bound.GetField(fact.Path, BindingFlags.Static | BindingFlags.Public)?.GetRawConstantValue();
        return Compare(fact, value is not null && Convert.ToInt64(value, CultureInfo.InvariantCulture) == fact.First, value?.ToString() ?? "no such member");
    }

    private static string? ConstantDifference(LayoutFact fact)
    {
        object? value = Constants.Find(fact.Path);
        return Compare(fact, value is not null && Constants.ToBits(value) == unchecked((ulong)fact.First), value?.ToString() ?? "no such constant");
    }
}
