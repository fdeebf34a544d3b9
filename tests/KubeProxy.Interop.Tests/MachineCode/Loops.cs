namespace KubeProxy.Interop.Tests.MachineCode;

/// <summary>
/// The outermost loops of a function: the sets of instructions from each of which every other can be reached, Tarjan's strongly
/// connected components. Blocks that the compiler has moved away belong to their loop, and what only stands between its blocks does not.
/// </summary>
internal sealed class Loops
{
    private readonly List<Instruction> _function;
    private readonly Dictionary<long, int> _places;
    private readonly int[] _order;
    private readonly int[] _lowest;
    private readonly bool[] _isOpen;
    private readonly Stack<int> _open = new();
    private readonly List<List<Instruction>> _found = [];
    private int _next = 1;

    private Loops(List<Instruction> function)
    {
        _function = function;
        _places = function.Select((instruction, place) => (instruction.Address, place)).ToDictionary();
        _order = new int[function.Count];
        _lowest = new int[function.Count];
        _isOpen = new bool[function.Count];
    }

    public static List<List<Instruction>> Of(List<Instruction> function)
    {
        Loops loops = new(function);
        for (int place = 0; place < function.Count; place++)
            if (loops._order[place] == 0) loops.Visit(place);
        return loops._found;
    }

    private void Visit(int place)
    {
        _order[place] = _lowest[place] = _next++;
        _open.Push(place);
        _isOpen[place] = true;
        foreach (int after in After(place))
        {
            if (_order[after] == 0) Visit(after);
            if (_isOpen[after]) _lowest[place] = Math.Min(_lowest[place], _lowest[after]);
        }

        if (_lowest[place] == _order[place]) Close(place);
    }

    private void Close(int first)
    {
        List<int> component = [];
        do
        {
            component.Add(_open.Pop());
            _isOpen[component[^1]] = false;
        }
        while (component[^1] != first);
        if (component.Count > 1 || After(first).Contains(first)) _found.Add([.. component.Order().Select(place => _function[place])]);
    }

    private IEnumerable<int> After(int place)
    {
        Instruction instruction = _function[place];
        if (instruction.JumpTarget is { } target && _places.TryGetValue(target, out int there)) yield return there;
        if (!instruction.IsEnd && place + 1 < _function.Count) yield return place + 1;
    }
}
