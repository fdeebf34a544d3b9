using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KubeProxy.Host.Vnet;
using KubeProxy.Host.Vppinfra;
using KubeProxy.Interop;
using Xunit;

namespace KubeProxy.Host.Tests.Vnet;

/// <summary>New interfaces are told to what a plugin linked into vnet_main, in VPP's order.</summary>
public sealed unsafe class InterfaceListenersTests
{
    private const uint Refused = 99;
    private static readonly List<string> Heard = [];

    public InterfaceListenersTests() => Heard.Clear();

    [Fact]
    public void ThoseOfLowPriorityHearFirstAndEachInTheOrderOfItsList()
    {
        Tell(7);
        Assert.Equal(["first 7 1", "second 7 1", "third 7 1"], Heard);
    }

    [Fact]
    public void AnErrorIsPassedOnAndTheOthersHearNothing()
    {
        InvalidOperationException refused = Assert.Throws<InvalidOperationException>(() => Tell(Refused));
        Assert.Equal("the plugin refused interface 99: no luck", refused.Message);
        Assert.Equal(["first 99 1", "second 99 1"], Heard);
    }

    [Fact]
    public void WithoutListenersNothingHappens()
    {
        vnet_main_t main = default;
        InterfaceListeners.TellAdded(&main, 1);
        Assert.Empty(Heard);
    }

    private static void Tell(uint swIfIndex)
    {
        _vnet_interface_function_list_elt_t second = new() { fp = &Second };
        _vnet_interface_function_list_elt_t first = new() { fp = &First, next_interface_function = &second };
        _vnet_interface_function_list_elt_t third = new() { fp = &Third };
        vnet_main_t main = default;
        main.sw_interface_add_del_functions.low = &first;
        main.sw_interface_add_del_functions.high = &third;
        InterfaceListeners.TellAdded(&main, swIfIndex);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static clib_error_t* First(vnet_main_t* main, uint swIfIndex, uint isAdd) => Hear("first", swIfIndex, isAdd);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static clib_error_t* Second(vnet_main_t* main, uint swIfIndex, uint isAdd)
    {
        Hear("second", swIfIndex, isAdd);
        return swIfIndex == Refused ? ClibError.Create("no luck") : null;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static clib_error_t* Third(vnet_main_t* main, uint swIfIndex, uint isAdd) => Hear("third", swIfIndex, isAdd);

    private static clib_error_t* Hear(string who, uint swIfIndex, uint isAdd)
    {
        Heard.Add($"{who} {swIfIndex} {isAdd}");
        return null;
    }
}
