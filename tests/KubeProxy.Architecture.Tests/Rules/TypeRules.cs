using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace KubeProxy.Architecture.Tests.Rules;

/// <summary>Rules on compiled types of the data path: what they are, what they hold, what their code does.</summary>
public static class TypeRules
{
    private const BindingFlags All =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>A type of the data path is an enum, an interface, a static class, or a struct without references.</summary>
    public static IEnumerable<string> IsPlain(Type type)
    {
        bool isStatic = type is { IsAbstract: true, IsSealed: true };
        if (!type.IsEnum && !type.IsInterface && !isStatic && !type.IsValueType) yield return $"{type} is a class";
        foreach (FieldInfo field in type.GetFields(All))
        {
            if (field.IsLiteral || (field.IsStatic && type.IsEnum)) continue;
            if (HoldsReference(field.FieldType)) yield return $"{type}.{field.Name} holds a reference";
            if (field.IsStatic) yield return $"{type}.{field.Name} is static state";
        }
    }

    /// <summary>Code of the data path neither allocates nor throws.</summary>
    public static IEnumerable<string> DoesNotAllocate(Type type)
    {
        foreach (MethodBase method in MethodsOf(type))
        {
            if (IsForDisplay(method)) continue;
            foreach (Instruction instruction in Instruction.Read(method))
                if (Allocates(instruction)) yield return $"{type}.{method.Name}: {instruction.Code} {instruction.Member}";
        }
    }

    /// <summary>A type uses only the namespaces that it may, beside .NET's own.</summary>
    public static IEnumerable<string> Uses(Type type, string root, params string[] allowed)
    {
        IEnumerable<Type> used = MethodsOf(type).SelectMany(UsedBy)
            .Concat(type.GetFields(All).Select(field => field.FieldType))
            .Concat(type.GetInterfaces())
            .Concat(type.GetGenericArguments().SelectMany(argument => argument.GetGenericParameterConstraints()));
        return used.SelectMany(Parts).Distinct()
            .Where(part => part.Namespace?.StartsWith(root + ".", StringComparison.Ordinal) == true)
            .Where(part => part.Namespace != type.Namespace && !allowed.Contains(part.Namespace![(root.Length + 1)..]))
            .Select(part => $"{type} uses {part}");
    }

    private static IEnumerable<MethodBase> MethodsOf(Type type) => type.GetMethods(All).Concat<MethodBase>(type.GetConstructors(All));

    private static bool Allocates(Instruction instruction)
    {
        if (instruction.Code == OpCodes.Newobj) return !instruction.Member!.DeclaringType!.IsValueType;
        return instruction.Code == OpCodes.Newarr || instruction.Code == OpCodes.Box || instruction.Code == OpCodes.Ldstr
            || instruction.Code == OpCodes.Throw || instruction.Code == OpCodes.Ldftn || instruction.Code == OpCodes.Localloc;
    }

    /// <summary>What a debugger or a test calls: the text of a record, and equality of objects.</summary>
    private static bool IsForDisplay(MethodBase method) =>
        method.Name is nameof(ToString) or "PrintMembers" || (method.Name == nameof(Equals) && method.GetParameters() is [{ ParameterType: var only }] && only == typeof(object));

    private static IEnumerable<Type> UsedBy(MethodBase method)
    {
        IEnumerable<Type> signature = method.GetParameters().Select(parameter => parameter.ParameterType);
        if (method is MethodInfo { ReturnType: var answer }) signature = signature.Append(answer);
        IEnumerable<Type> locals = method.GetMethodBody()?.LocalVariables.Select(local => local.LocalType) ?? [];
        IEnumerable<Type?> code = Instruction.Read(method).SelectMany(instruction => (IEnumerable<Type?>)(instruction.Member switch
        {
            Type type => [type],
            FieldInfo field => [field.DeclaringType, field.FieldType],
            MethodBase { IsGenericMethod: true } called => [called.DeclaringType, .. called.GetGenericArguments()],
            MemberInfo member => [member.DeclaringType],
            null => [],
        }));
        return signature.Concat(locals).Concat(code.OfType<Type>());
    }

    /// <summary>A type, its element type and its type arguments, all the way down.</summary>
    private static IEnumerable<Type> Parts(Type type)
    {
        if (type.HasElementType) return Parts(type.GetElementType()!);
        IEnumerable<Type> arguments = type.IsGenericType ? type.GetGenericArguments().Where(argument => !argument.IsGenericParameter).SelectMany(Parts) : [];
        return arguments.Append(type.IsGenericType ? type.GetGenericTypeDefinition() : type);
    }

    private static bool HoldsReference(Type type)
    {
        if (type.IsPointer || type.IsFunctionPointer || type.IsPrimitive || type.IsEnum) return false;
        if (type.IsGenericParameter) return !type.GenericParameterAttributes.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint);
        if (!type.IsValueType) return true;
        return type.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance).Any(field => HoldsReference(field.FieldType));
    }

    /// <summary>Types that a person wrote in one of the namespaces, nested and compiler-made ones in them included.</summary>
    public static IEnumerable<Type> TypesIn(Assembly assembly, params string[] namespaces) =>
        assembly.GetTypes().Where(type => namespaces.Contains(type.Namespace) && !IsFixedBuffer(type));

    private static bool IsFixedBuffer(Type type) => type.IsNested && type.IsDefined(typeof(CompilerGeneratedAttribute)) && type.IsValueType;
}
