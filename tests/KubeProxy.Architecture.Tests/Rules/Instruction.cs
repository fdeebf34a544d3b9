using System.Buffers.Binary;
using System.Reflection;
using System.Reflection.Emit;

namespace KubeProxy.Architecture.Tests.Rules;

/// <summary>One IL instruction and, where it has a token, what the token names.</summary>
public sealed record Instruction(OpCode Code, MemberInfo? Member)
{
    private static readonly Dictionary<int, OpCode> Codes = typeof(OpCodes).GetFields()
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => (int)(ushort)code.Value);

    /// <summary>The instructions of a method; none when it has no body.</summary>
    public static IEnumerable<Instruction> Read(MethodBase method)
    {
        byte[]? il = method.GetMethodBody()?.GetILAsByteArray();
        for (int offset = 0; il != null && offset < il.Length;)
        {
            int value = il[offset] == 0xFE ? 0xFE00 | il[offset + 1] : il[offset];
            OpCode code = Codes[value];
            offset += code.Size;
            yield return new Instruction(code, MemberAt(method, il, offset, code.OperandType));
            offset += OperandBytes(code.OperandType, il, offset);
        }
    }

    private static MemberInfo? MemberAt(MethodBase method, byte[] il, int offset, OperandType operand)
    {
        if (operand is not (OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineType or OperandType.InlineTok)) return null;
        int token = BinaryPrimitives.ReadInt32LittleEndian(il.AsSpan(offset));
        Type[] typeArguments = method.DeclaringType?.GetGenericArguments() ?? [];
        Type[] methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : [];
        return method.Module.ResolveMember(token, typeArguments, methodArguments);
    }

    private static int OperandBytes(OperandType operand, byte[] il, int offset) => operand switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => 4 + (4 * BinaryPrimitives.ReadInt32LittleEndian(il.AsSpan(offset))),
        _ => 4,
    };
}
