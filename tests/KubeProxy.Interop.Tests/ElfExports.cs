using System.Buffers.Binary;
using System.Text;

namespace KubeProxy.Interop.Tests;

/// <summary>The symbols that a 64-bit little-endian ELF library defines and exports, as <c>nm -D --defined-only</c> lists them.</summary>
public static class ElfExports
{
    private const int SectionHeaderBytes = 64;
    private const int SymbolBytes = 24;
    private const uint DynamicSymbols = 11;

    public static IEnumerable<string> Read(string file)
    {
        byte[] elf = File.ReadAllBytes(file);
        int sections = (int)U64(elf, 0x28);
        int count = U16(elf, 0x3c);
        for (int i = 0; i < count; i++)
        {
            int header = sections + (i * SectionHeaderBytes);
            if (U32(elf, header + 4) == DynamicSymbols)
                return ReadTable(elf, header, sections + ((int)U32(elf, header + 40) * SectionHeaderBytes));
        }

        throw new InvalidDataException($"{file} has no dynamic symbols");
    }

    private static IEnumerable<string> ReadTable(byte[] elf, int symbolsHeader, int stringsHeader)
    {
        int symbols = (int)U64(elf, symbolsHeader + 24);
        int end = symbols + (int)U64(elf, symbolsHeader + 32);
        int strings = (int)U64(elf, stringsHeader + 24);
        for (int symbol = symbols; symbol < end; symbol += SymbolBytes)
        {
            bool isDefined = U16(elf, symbol + 6) != 0;
            if (isDefined)
                yield return Text(elf, strings + (int)U32(elf, symbol));
        }
    }

    private static string Text(byte[] elf, int start) => Encoding.ASCII.GetString(elf, start, Array.IndexOf(elf, (byte)0, start) - start);

    private static ushort U16(byte[] elf, int at) => BinaryPrimitives.ReadUInt16LittleEndian(elf.AsSpan(at));

    private static uint U32(byte[] elf, int at) => BinaryPrimitives.ReadUInt32LittleEndian(elf.AsSpan(at));

    private static ulong U64(byte[] elf, int at) => BinaryPrimitives.ReadUInt64LittleEndian(elf.AsSpan(at));
}
