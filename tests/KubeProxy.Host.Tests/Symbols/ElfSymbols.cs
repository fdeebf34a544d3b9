using System.Text;

namespace KubeProxy.Host.Tests.Symbols;

internal sealed record ElfSymbol(string Name, bool IsDefined, bool IsWeak, bool IsVersioned, bool IsAbsolute);

/// <summary>The dynamic symbols of a 64-bit little-endian ELF file.</summary>
internal static class ElfSymbols
{
    private const int DynamicSymbols = 11;
    private const int VersionIndices = 0x6fffffff;
    private const int SymbolBytes = 24;
    private const int Weak = 2;
    private const int Local = 0;
    private const ushort Undefined = 0;
    private const ushort Absolute = 0xfff1;
    private const ushort FirstNamedVersion = 2;

    private sealed record Section(int Type, long Offset, long Size, int Link);

    internal static List<ElfSymbol> Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        List<Section> sections = Sections(file);
        Section symbols = sections.Single(s => s.Type == DynamicSymbols);
        Section strings = sections[symbols.Link];
        Section? versions = sections.SingleOrDefault(s => s.Type == VersionIndices);
        List<ElfSymbol> all = [];
        for (int i = 1; i < symbols.Size / SymbolBytes; i++)
        {
            ReadOnlySpan<byte> symbol = file.AsSpan((int)symbols.Offset + (i * SymbolBytes), SymbolBytes);
            int binding = symbol[4] >> 4;
            if (binding == Local)
                continue;
            ushort place = BitConverter.ToUInt16(symbol[6..]);
            int version = versions is null ? 0 : BitConverter.ToUInt16(file, (int)versions.Offset + (i * 2)) & 0x7fff;
            string name = Text(file, (int)strings.Offset + BitConverter.ToInt32(symbol));
            all.Add(new ElfSymbol(name, place != Undefined, binding == Weak, version >= FirstNamedVersion, place == Absolute));
        }
        return all;
    }

    private static List<Section> Sections(byte[] file)
    {
        long start = BitConverter.ToInt64(file, 0x28);
        int size = BitConverter.ToUInt16(file, 0x3a);
        int count = BitConverter.ToUInt16(file, 0x3c);
        return [.. Enumerable.Range(0, count).Select(i => (int)start + (i * size)).Select(at => new Section(
            BitConverter.ToInt32(file, at + 4),
            BitConverter.ToInt64(file, at + 0x18),
            BitConverter.ToInt64(file, at + 0x20),
            BitConverter.ToInt32(file, at + 0x28)))];
    }

    private static string Text(byte[] file, int start) => Encoding.ASCII.GetString(file, start, Array.IndexOf(file, (byte)0, start) - start);
}
