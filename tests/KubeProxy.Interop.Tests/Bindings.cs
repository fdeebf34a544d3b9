using System.Reflection;
using System.Reflection.Emit;

namespace KubeProxy.Interop.Tests;

/// <summary>A member of a C# struct, found by its C path.</summary>
/// <param name="Owner">The struct that declares it, nested ones included.</param>
/// <param name="OwnerOffset">Where that struct starts in the outermost one.</param>
/// <param name="Offset">Where the member starts in the outermost struct.</param>
/// <param name="Name">Its C# name.</param>
/// <param name="Field">The field; null for a bit field, which is a property.</param>
public sealed record BoundMember(Type Owner, int OwnerOffset, int Offset, string Name, FieldInfo? Field);

/// <summary>What the run time makes of the C# bindings: sizes, offsets and members by reflection.</summary>
public static class Bindings
{
    private const BindingFlags Instance = BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly;

    public static Assembly Assembly { get; } = typeof(vlib_main_t).Assembly;

    public static Type? Find(string type) => Assembly.GetType("KubeProxy.Interop." + type);

    public static IEnumerable<FieldInfo> Fields(Type type) => type.GetFields(Instance);

    public static bool IsAnonymous(FieldInfo field) => field.Name.StartsWith("Anonymous", StringComparison.Ordinal);

    /// <summary>ClangSharp's storage of bit fields; also used by the hand-written structs.</summary>
    public static bool IsBitStorage(FieldInfo field) => field.Name.StartsWith("_bitfield", StringComparison.Ordinal);

    /// <summary>Size as the run time lays it out.</summary>
    public static int SizeOf(Type type) => Emit(il => il.Emit(OpCodes.Sizeof, type));

    /// <summary>Offset as the run time lays it out: the distance between a local and its field.</summary>
    public static int OffsetOf(FieldInfo field)
    {
        ArgumentNullException.ThrowIfNull(field);
        return Emit(il =>
        {
            LocalBuilder local = il.DeclareLocal(field.DeclaringType!);
            il.Emit(OpCodes.Ldloca, local);
            il.Emit(OpCodes.Ldflda, field);
            il.Emit(OpCodes.Conv_U);
            il.Emit(OpCodes.Ldloca, local);
            il.Emit(OpCodes.Conv_U);
            il.Emit(OpCodes.Sub);
            il.Emit(OpCodes.Conv_I4);
        });
    }

    /// <summary>The member of this C path: each name is looked up in the struct itself and, as C does, in its anonymous structs and unions.</summary>
    public static BoundMember? Resolve(Type type, string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        BoundMember? member = null;
        foreach (string name in path.Split('.'))
        {
            Type owner = member is null ? type : member.Field?.FieldType ?? typeof(void);
            member = ResolveName(owner, name, member?.Offset ?? 0);
            if (member is null)
                return null;
        }

        return member;
    }

    private static BoundMember? ResolveName(Type owner, string name, int offset)
    {
        if (owner.GetField(name, Instance) is { } field)
            return new(owner, offset, offset + OffsetOf(field), name, field);

        foreach (FieldInfo anonymous in Fields(owner).Where(IsAnonymous))
        {
            if (ResolveName(anonymous.FieldType, name, offset + OffsetOf(anonymous)) is { } found)
                return found;
        }

        bool isBitField = owner.GetProperty(name, Instance) is not null && Fields(owner).Any(IsBitStorage);
        return isBitField ? new(owner, offset, offset, name, null) : null;
    }

    private static int Emit(Action<ILGenerator> body)
    {
        DynamicMethod method = new("Measure", typeof(int), [], typeof(Bindings).Module, skipVisibility: true);
        ILGenerator il = method.GetILGenerator();
        body(il);
        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<Func<int>>()();
    }
}
