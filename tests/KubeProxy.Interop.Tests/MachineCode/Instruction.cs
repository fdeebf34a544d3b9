namespace KubeProxy.Interop.Tests.MachineCode;

/// <summary>One instruction as objdump prints it.</summary>
/// <param name="Address">Where it is.</param>
/// <param name="Mnemonic">Its name, without prefixes.</param>
/// <param name="Operands">The rest of its line.</param>
internal sealed record Instruction(long Address, string Mnemonic, string Operands)
{
    private static readonly string[] Ends = ["ret", "retq", "ud2", "int3", "hlt"];

    public bool IsCall => Mnemonic.StartsWith("call", StringComparison.Ordinal);

    /// <summary>Nothing comes after it: it returns, traps, or jumps for good.</summary>
    public bool IsEnd => Ends.Contains(Mnemonic) || Mnemonic.StartsWith("jmp", StringComparison.Ordinal);

    /// <summary>A jump to an address in a register or in memory: where it leads is not to be read here.</summary>
    public bool IsIndirectJump => IsJump && Operands.StartsWith('*');

    /// <summary>Where a jump leads, if that is said.</summary>
    public long? JumpTarget => IsJump && !IsIndirectJump ? Convert.ToInt64(Operands.Split(' ')[0], 16) : null;

    private bool IsJump => Mnemonic[0] == 'j';
}
