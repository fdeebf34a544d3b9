namespace KubeProxy.Core.Services;

/// <summary>
/// Numbers with how often each was added, in order. They lie in short sorted runs, found by their first numbers: 20 bytes a number and its
/// part of what is free, where a tree and a dictionary take five times as many. A change moves no more than one run and, rarely, the list of runs.
/// </summary>
internal sealed class CountedNumbers
{
    private const int RunLength = 128;
    private readonly List<Run> _runs = [];

    /// <summary>One more of a number.</summary>
    public void Add(UInt128 number)
    {
        if (_runs.Count == 0) _runs.Add(new Run());
        int index = RunOf(number);
        if (_runs[index].Length == RunLength && !_runs[index].Has(number)) index = MakeRoom(index, number);
        _runs[index].Add(number);
    }

    /// <summary>One less of a number that is there.</summary>
    public void Remove(UInt128 number)
    {
        int index = RunOf(number);
        _runs[index].Remove(number);
        if (_runs[index].Length == 0) _runs.RemoveAt(index);
    }

    /// <summary>The lowest number that is not below one end nor above the other.</summary>
    public UInt128? FindBetween(UInt128 first, UInt128 last)
    {
        if (_runs.Count == 0) return null;
        int index = RunOf(first);
        UInt128? lowest = _runs[index].FindFrom(first) ?? (index + 1 < _runs.Count ? _runs[index + 1].First : null);
        return lowest <= last ? lowest : null;
    }

    /// <summary>The run for a number beside a full one. Numbers that come in order leave full runs behind.</summary>
    private int MakeRoom(int index, UInt128 number)
    {
        bool isBehindAll = index == _runs.Count - 1 && number > _runs[index].Last;
        _runs.Insert(index + 1, isBehindAll ? new Run() : _runs[index].Split());
        return isBehindAll ? index + 1 : RunOf(number);
    }

    /// <summary>The last run that begins at the number or before; the first one where none does.</summary>
    private int RunOf(UInt128 number)
    {
        (int low, int high) = (0, _runs.Count - 1);
        while (low < high)
        {
            int middle = (low + high + 1) >>> 1;
            if (_runs[middle].First <= number) low = middle;
            else high = middle - 1;
        }

        return low;
    }

    private sealed class Run
    {
        private readonly UInt128[] _numbers = new UInt128[RunLength];
        private readonly int[] _counts = new int[RunLength];

        public int Length { get; private set; }

        public UInt128 First => _numbers[0];

        public UInt128 Last => _numbers[Length - 1];

        public bool Has(UInt128 number) => PlaceOf(number) >= 0;

        public UInt128? FindFrom(UInt128 number)
        {
            int place = PlaceOf(number);
            if (place < 0) place = ~place;
            return place < Length ? _numbers[place] : null;
        }

        public void Add(UInt128 number)
        {
            int place = PlaceOf(number);
            if (place < 0)
            {
                place = ~place;
                Move(place, place + 1);
                (_numbers[place], _counts[place]) = (number, 0);
                Length++;
            }

            _counts[place]++;
        }

        public void Remove(UInt128 number)
        {
            int place = PlaceOf(number);
            if (--_counts[place] > 0) return;
            Move(place + 1, place);
            Length--;
        }

        /// <summary>Gives the upper half away.</summary>
        public Run Split()
        {
            var upper = new Run { Length = RunLength / 2 };
            Array.Copy(_numbers, RunLength / 2, upper._numbers, 0, RunLength / 2);
            Array.Copy(_counts, RunLength / 2, upper._counts, 0, RunLength / 2);
            Length = RunLength / 2;
            return upper;
        }

        private int PlaceOf(UInt128 number) => Array.BinarySearch(_numbers, 0, Length, number);

        private void Move(int from, int to)
        {
            Array.Copy(_numbers, from, _numbers, to, Length - from);
            Array.Copy(_counts, from, _counts, to, Length - from);
        }
    }
}
