using CsCheck;
using KubeProxy.Core.Services;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

/// <summary>The collections that hold what there may be a million of, against those of the library.</summary>
public class CollectionTests
{
    /// <summary>Few numbers, so that they meet; many steps, so that runs are split and emptied.</summary>
    [Fact]
    public void RunsAreASortedDictionaryOfCounts() =>
        Gen.Select(Gen.Select(Gen.UInt[0, 400], Gen.Bool).Array[0, 3000], Gen.UInt[0, 400], Gen.UInt[0, 400]).Sample(
            (steps, first, last) =>
            {
                var model = new SortedDictionary<UInt128, int>();
                var numbers = new CountedNumbers();
                foreach ((uint number, bool isAdded) in steps)
                {
                    int count = model.GetValueOrDefault(number);
                    if (!isAdded && count == 0) continue;
                    if (isAdded) numbers.Add(number);
                    else numbers.Remove(number);
                    if (isAdded || count > 1) model[number] = count + (isAdded ? 1 : -1);
                    else model.Remove(number);
                }

                UInt128[] between = [.. model.Keys.Where(number => number >= first && number <= last)];
                Assert.Equal(between.Length == 0 ? null : between[0], numbers.FindBetween(first, last));
            },
            iter: 300);

    [Fact]
    public void AscendingAndDescendingNumbersAreAllFound()
    {
        var numbers = new CountedNumbers();
        for (uint i = 10_000; i < 20_000; i++) numbers.Add(i);
        for (uint i = 9_999; i > 0; i--) numbers.Add(i);
        for (uint i = 1; i < 20_000; i++)
        {
            Assert.Equal(i, numbers.FindBetween(0, UInt128.MaxValue));
            numbers.Remove(i);
        }

        Assert.Null(numbers.FindBetween(0, UInt128.MaxValue));
    }

    [Fact]
    public void ASortedArrayIsASortedList() =>
        Gen.Select(Gen.Int[0, 20], Gen.Bool).Array[0, 60].Sample(steps =>
        {
            var model = new SortedSet<int>();
            int[] array = [];
            foreach ((int number, bool isAdded) in steps)
            {
                if (!isAdded) array = SortedArray.Without(array, number, item => item);
                else if (!model.Contains(number)) array = SortedArray.With(array, number, item => item);
                _ = isAdded ? model.Add(number) : model.Remove(number);
                Assert.Equal(model, array);
                Assert.Equal(model.Contains(7), SortedArray.Find(array, 7, item => item) >= 0);
            }
        });

    [Fact]
    public void ATableBySlotIsADictionary()
    {
        var table = new SlotTable<string>();
        foreach (uint slot in new uint[] { 0, 1023, 1024, 400_000 }) table.Add(slot, $"{slot}");
        Assert.Equal(4, table.Count);
        Assert.Equal("1024", table.Find(1024));
        Assert.Null(table.Find(5));
        Assert.Null(table.Find(5_000_000));
        Assert.Throws<InvalidOperationException>(() => table.Add(1023, "again"));
        table.Remove(1023);
        Assert.Null(table.Find(1023));
        Assert.Equal(3, table.Count);
    }
}
