namespace KubeProxy.Fuzz.Engine;

/// <summary>How inputs of a target are made of parts that mutation moves about.</summary>
internal enum InputShape
{
    /// <summary>Bytes.</summary>
    Bytes,

    /// <summary>Records with a header of five bytes, whose last two are the length of what follows: see <see cref="Packets.Record"/>.</summary>
    Records,

    /// <summary>Words in lines of text.</summary>
    Lines,
}

/// <summary>What is fuzzed: takes any bytes, does the same for the same bytes, and throws when something is not as it must be.</summary>
internal interface IFuzzTarget : IDisposable
{
    InputShape Shape { get; }

    /// <summary>Inputs to start from.</summary>
    IReadOnlyList<byte[]> Seeds { get; }

    /// <summary>Pieces that inputs are often made of.</summary>
    IReadOnlyList<byte[]> Words { get; }

    /// <summary>Runs one input; every finding is an exception.</summary>
    void Run(ReadOnlySpan<byte> input);
}
