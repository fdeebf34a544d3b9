using System.IO.MemoryMappedFiles;

namespace KubeProxy.Fuzz.Engine;

/// <summary>
/// The input in work, in a file that both processes map: when the one that runs it dies, the other has it.
/// <code>
///   0            8         16
///   | executions | length  | input ...
/// </code>
/// </summary>
internal sealed class SharedInput : IDisposable
{
    private const int HeaderBytes = 16;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    public SharedInput(string path)
    {
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.OpenOrCreate, null, HeaderBytes + Mutator.LongestInput);
        _view = _file.CreateViewAccessor();
    }

    public long Executions => _view.ReadInt64(0);

    /// <summary>Call before an execution.</summary>
    public void Note(long executions, byte[] input)
    {
        _view.Write(0, executions);
        _view.Write(8, input.Length);
        _view.WriteArray(HeaderBytes, input, 0, input.Length);
    }

    public byte[] Read()
    {
        var input = new byte[Math.Min(_view.ReadInt32(8), Mutator.LongestInput)];
        _ = _view.ReadArray(HeaderBytes, input, 0, input.Length);
        return input;
    }

    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }
}
